package dev.holdfast.serde.msgpack;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Stored values without a class: what {@link Document} describes. */
final class Trees {
    private Trees() {}

    static @Nullable Object read(Unpacker in) {
        int header = in.peek();
        if (header <= 0x7f || header >= 0xe0 || (header >= Wire.UINT8 && header <= Wire.INT64)) {
            BigInteger integer = in.bigInteger();
            return integer.bitLength() < Long.SIZE ? (Object) integer.longValue() : integer;
        }
        if ((header & 0xf0) == 0x80 || header == Wire.MAP16 || header == Wire.MAP32) {
            return map(in);
        }
        if ((header & 0xf0) == 0x90 || header == Wire.ARRAY16 || header == Wire.ARRAY32) {
            return list(in);
        }
        if ((header & 0xe0) == 0xa0 || (header >= Wire.STR8 && header <= Wire.STR32)) {
            return in.text();
        }
        return switch (header) {
            case Wire.NIL -> {
                in.one();
                yield null;
            }
            case Wire.FALSE, Wire.TRUE -> in.bool();
            case Wire.BIN8, Wire.BIN16, Wire.BIN32 -> in.binary();
            case Wire.FLOAT32 -> in.float32();
            case Wire.FLOAT64 -> in.float64();
            case Wire.MAGIC & 0xff -> throw new Fault("is " + Wire.kind(header));
            default -> in.anyExt();
        };
    }

    static Map<Object, @Nullable Object> map(Unpacker in) {
        in.enter();
        int size = in.map();
        in.count(size);
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            try {
                Object key = read(in);
                if (key == null || map.containsKey(key)) {
                    throw new Fault(key == null ? "has the key nil" : "has a key that was there already");
                }
                map.put(key, read(in));
            } catch (Fault fault) {
                throw fault.inEntry(i);
            }
        }
        in.leave();
        return map;
    }

    private static List<@Nullable Object> list(Unpacker in) {
        in.enter();
        int size = in.array();
        in.count(size);
        List<@Nullable Object> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            try {
                list.add(read(in));
            } catch (Fault fault) {
                throw fault.inElement(i);
            }
        }
        in.leave();
        return list;
    }

    static void write(Packer out, @Nullable Object value) {
        if (value == null) {
            out.nil();
        } else if (value instanceof String text) {
            out.text(text);
        } else if (value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte) {
            out.integer(((Number) value).longValue());
        } else if (value instanceof Map<?, ?> map) {
            writeMap(out, map);
        } else if (value instanceof Collection<?> list) {
            writeList(out, list);
        } else if (value instanceof Boolean bool) {
            out.bool(bool);
        } else if (value instanceof Double number) {
            out.float64(number);
        } else if (value instanceof Float number) {
            out.float32(number);
        } else if (value instanceof byte[] binary) {
            out.binary(binary);
        } else if (value instanceof BigDecimal decimal) {
            out.decimal(decimal);
        } else if (value instanceof BigInteger integer) {
            out.bigInteger(integer);
        } else if (value instanceof Instant instant) {
            out.instant(instant);
        } else if (value instanceof Document) {
            throw new Fault("is a Document inside a list or map; put its fields there, or the list as it was");
        } else {
            throw new Fault("became a " + value.getClass().getName() + ", which no document can have");
        }
    }

    private static void writeMap(Packer out, Map<?, ?> map) {
        out.enter();
        out.count(map.size());
        out.map(map.size());
        int index = 0;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            try {
                write(out, entry.getKey());
                write(out, entry.getValue());
            } catch (Fault fault) {
                throw entry.getKey() instanceof String name ? fault.inField(name) : fault.inEntry(index);
            }
            index++;
        }
        out.leave();
    }

    private static void writeList(Packer out, Collection<?> list) {
        out.enter();
        out.count(list.size());
        out.array(list.size());
        int index = 0;
        for (Object each : list) {
            try {
                write(out, each);
            } catch (Fault fault) {
                throw fault.inElement(index);
            }
            index++;
        }
        out.leave();
    }
}
