package dev.holdfast.serde.msgpack;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Currency;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The forms of the JDK's types without parts, and of arrays of primitives. */
final class Scalars {
    /** The texts of dates and the like are short; parsers are not made for others. */
    private static final int LONGEST_DATE = 128;

    private static final Map<Class<?>, Form<?>> FORMS = new HashMap<>();

    static {
        add(String.class, Packer::text, Unpacker::text);
        both(boolean.class, Boolean.class, Packer::bool, Unpacker::bool);
        both(byte.class, Byte.class, (out, value) -> out.integer(value), in ->
                (byte) in.integer(Byte.MIN_VALUE, Byte.MAX_VALUE));
        both(short.class, Short.class, (out, value) -> out.integer(value), in ->
                (short) in.integer(Short.MIN_VALUE, Short.MAX_VALUE));
        both(int.class, Integer.class, (out, value) -> out.integer(value), in ->
                (int) in.integer(Integer.MIN_VALUE, Integer.MAX_VALUE));
        both(long.class, Long.class, Packer::integer, Unpacker::integer);
        both(float.class, Float.class, Packer::float32, Unpacker::float32);
        both(double.class, Double.class, Packer::float64, Unpacker::float64);
        // A number, because half a surrogate pair is a char but no text.
        both(char.class, Character.class, (out, value) -> out.integer(value), in ->
                (char) in.integer(Character.MIN_VALUE, Character.MAX_VALUE));
        add(byte[].class, Packer::binary, Unpacker::binary);
        add(BigInteger.class, Packer::bigInteger, Unpacker::bigInteger);
        add(BigDecimal.class, Packer::decimal, Unpacker::decimal);
        add(Instant.class, Packer::instant, Unpacker::instant);
        add(UUID.class, Scalars::uuid, Scalars::uuid);
        add(URI.class, (out, value) -> out.text(value.toString()), Scalars::uri);
        dates();
        arrays();
    }

    private Scalars() {}

    static @Nullable Form<?> of(Class<?> type) {
        return FORMS.get(type);
    }

    private static <T> void add(Class<T> type, BiConsumer<Packer, T> write, Function<Unpacker, T> read) {
        FORMS.put(type, new Scalar<>(type, write, read));
    }

    private static <T> void both(
            Class<T> primitive, Class<T> boxed, BiConsumer<Packer, T> write, Function<Unpacker, T> read) {
        add(primitive, write, read);
        add(boxed, write, read);
    }

    private static void uuid(Packer out, UUID value) {
        byte[] bytes = new byte[16];
        Wire.LONG.set(bytes, 0, value.getMostSignificantBits());
        Wire.LONG.set(bytes, 8, value.getLeastSignificantBits());
        out.binary(bytes);
    }

    private static UUID uuid(Unpacker in) {
        byte[] bytes = in.binary();
        if (bytes.length != 16) {
            throw new Fault("is binary of " + bytes.length + " bytes, not the 16 of a UUID");
        }
        return new UUID((long) Wire.LONG.get(bytes, 0), (long) Wire.LONG.get(bytes, 8));
    }

    private static URI uri(Unpacker in) {
        try {
            return URI.create(in.text());
        } catch (IllegalArgumentException none) {
            throw new Fault("is text that is no URI");
        }
    }

    /** Types whose {@code toString} is exact and read back by a parser. */
    private static void dates() {
        date(LocalDate.class, LocalDate::parse);
        date(LocalTime.class, LocalTime::parse);
        date(LocalDateTime.class, LocalDateTime::parse);
        date(OffsetTime.class, OffsetTime::parse);
        date(OffsetDateTime.class, OffsetDateTime::parse);
        date(ZonedDateTime.class, ZonedDateTime::parse);
        date(ZoneId.class, ZoneId::of);
        date(ZoneOffset.class, ZoneOffset::of);
        date(Duration.class, Duration::parse);
        date(Period.class, Period::parse);
        // Its toString leaves out the sign that its parser demands of years of more than four digits.
        date(YearMonth.class, value -> (value.getYear() > 9_999 ? "+" : "") + value, YearMonth::parse);
        date(MonthDay.class, MonthDay::parse);
        add(
                Year.class,
                (out, value) -> out.integer(value.getValue()),
                in -> Year.of((int) in.integer(Year.MIN_VALUE, Year.MAX_VALUE)));
        date(Currency.class, Currency::getInstance);
    }

    private static <T> void date(Class<T> type, Function<String, ? extends T> parse) {
        date(type, Object::toString, parse);
    }

    private static <T> void date(Class<T> type, Function<T, String> print, Function<String, ? extends T> parse) {
        add(type, (out, value) -> out.text(print.apply(value)), in -> {
            String text = in.text();
            try {
                if (text.length() <= LONGEST_DATE) {
                    return parse.apply(text);
                }
            } catch (DateTimeException | ArithmeticException | IllegalArgumentException none) {
                // Told below; the exception would tell the value.
            }
            throw new Fault("is text that is no " + type.getSimpleName());
        });
    }

    private static void arrays() {
        array(boolean[].class, (out, array, i) -> out.bool(array[i]), (in, array, i) -> array[i] = in.bool());
        array(
                short[].class,
                (out, array, i) -> out.integer(array[i]),
                (in, array, i) -> array[i] = (short) in.integer(Short.MIN_VALUE, Short.MAX_VALUE));
        array(
                int[].class,
                (out, array, i) -> out.integer(array[i]),
                (in, array, i) -> array[i] = (int) in.integer(Integer.MIN_VALUE, Integer.MAX_VALUE));
        array(long[].class, (out, array, i) -> out.integer(array[i]), (in, array, i) -> array[i] = in.integer());
        array(float[].class, (out, array, i) -> out.float32(array[i]), (in, array, i) -> array[i] = in.float32());
        array(double[].class, (out, array, i) -> out.float64(array[i]), (in, array, i) -> array[i] = in.float64());
        array(
                char[].class,
                (out, array, i) -> out.integer(array[i]),
                (in, array, i) -> array[i] = (char) in.integer(Character.MIN_VALUE, Character.MAX_VALUE));
    }

    private interface ElementWriter<A> {
        void write(Packer out, A array, int index);
    }

    private interface ElementReader<A> {
        void read(Unpacker in, A array, int index);
    }

    /** The elements are not counted: the array takes at most eight bytes for each that is there. */
    private static <A> void array(Class<A> type, ElementWriter<A> write, ElementReader<A> read) {
        add(
                type,
                (out, array) -> {
                    int length = Array.getLength(array);
                    out.array(length);
                    for (int i = 0; i < length; i++) {
                        write.write(out, array, i);
                    }
                },
                in -> {
                    int length = in.array();
                    A array = type.cast(Array.newInstance(type.getComponentType(), length));
                    for (int i = 0; i < length; i++) {
                        try {
                            read.read(in, array, i);
                        } catch (Fault fault) {
                            throw fault.inElement(i);
                        }
                    }
                    return array;
                });
    }
}
