package dev.holdfast.serde.msgpack;

import java.util.Map;
import java.util.SortedMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A map, with keys of any type. */
final class MapForm extends Form<Map<Object, @Nullable Object>> {
    private final Form<Object> key;
    private final Form<Object> value;
    private final IntFunction<Map<Object, @Nullable Object>> make;

    MapForm(Class<?> type, Form<?> key, Form<?> value, IntFunction<Map<Object, @Nullable Object>> make) {
        super(type);
        this.key = key.untyped();
        this.value = value.untyped();
        this.make = make;
    }

    @Override
    void write(Packer out, Map<Object, @Nullable Object> map) {
        if (map instanceof SortedMap<?, ?> sorted) {
            Orders.natural(sorted.comparator());
        }
        int size = map.size();
        out.enter();
        out.count(size);
        out.map(size);
        int index = 0;
        for (Map.Entry<Object, @Nullable Object> entry : map.entrySet()) {
            try {
                key.writeChecked(out, entry.getKey());
                value.writeChecked(out, entry.getValue());
            } catch (Fault fault) {
                throw fault.inEntry(index);
            }
            index++;
        }
        Orders.unchanged(size, index);
        out.leave();
    }

    @Override
    Map<Object, @Nullable Object> read(Unpacker in) {
        in.enter();
        int size = in.map();
        in.count(size);
        Map<Object, @Nullable Object> read = make.apply(size);
        for (int i = 0; i < size; i++) {
            try {
                read.put(key.read(in), value.read(in));
                if (read.size() != i + 1) {
                    throw new Fault("has a key that was there already");
                }
            } catch (Fault fault) {
                throw fault.inEntry(i);
            }
        }
        in.leave();
        return read;
    }
}
