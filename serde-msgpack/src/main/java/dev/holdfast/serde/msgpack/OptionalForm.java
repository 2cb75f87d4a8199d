package dev.holdfast.serde.msgpack;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One of the JDK's optionals: empty is nil. */
final class OptionalForm<T> extends Form<T> {
    private final Form<Object> present;
    private final Function<T, @Nullable Object> unwrap;
    private final Function<Object, T> wrap;
    private final T empty;

    private OptionalForm(
            Class<T> type, Form<?> present, Function<T, @Nullable Object> unwrap, Function<Object, T> wrap, T empty) {
        super(type);
        this.present = present.untyped();
        this.unwrap = unwrap;
        this.wrap = wrap;
        this.empty = empty;
    }

    @SuppressWarnings({"rawtypes", "unchecked"})
    static Form<?> of(Form<?> present) {
        return new OptionalForm<Optional>(
                Optional.class, present, some -> some.orElse(null), Optional::of, Optional.empty());
    }

    /** The form of an optional of primitives, or null if the type is none. */
    static @Nullable Form<?> primitive(Class<?> type) {
        if (type == OptionalInt.class) {
            return new OptionalForm<>(
                    OptionalInt.class,
                    scalar(int.class),
                    some -> some.isPresent() ? some.getAsInt() : null,
                    value -> OptionalInt.of((int) value),
                    OptionalInt.empty());
        }
        if (type == OptionalLong.class) {
            return new OptionalForm<>(
                    OptionalLong.class,
                    scalar(long.class),
                    some -> some.isPresent() ? some.getAsLong() : null,
                    value -> OptionalLong.of((long) value),
                    OptionalLong.empty());
        }
        if (type == OptionalDouble.class) {
            return new OptionalForm<>(
                    OptionalDouble.class,
                    scalar(double.class),
                    some -> some.isPresent() ? some.getAsDouble() : null,
                    value -> OptionalDouble.of((double) value),
                    OptionalDouble.empty());
        }
        return null;
    }

    private static Form<?> scalar(Class<?> primitive) {
        Form<?> form = Scalars.of(primitive);
        if (form == null) {
            throw new AssertionError(primitive);
        }
        return form;
    }

    @Override
    void write(Packer out, T value) {
        Object inside = unwrap.apply(value);
        if (inside == null) {
            out.nil();
        } else {
            present.write(out, inside);
        }
    }

    @Override
    T read(Unpacker in) {
        return in.tookNil() ? empty : wrap.apply(present.read(in));
    }

    @Override
    boolean usesNil() {
        return true;
    }

    @Override
    T whenNil() {
        return empty;
    }
}
