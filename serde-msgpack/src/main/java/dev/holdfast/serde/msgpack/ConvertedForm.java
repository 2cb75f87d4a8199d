package dev.holdfast.serde.msgpack;

import java.util.function.Function;

/** A type that the user taught us, stored as another. */
final class ConvertedForm<T, R> extends Form<T> {
    private final Form<R> stored;
    private final Function<? super T, ? extends R> to;
    private final Function<? super R, ? extends T> from;

    ConvertedForm(
            Class<T> type, Form<R> stored, Function<? super T, ? extends R> to, Function<? super R, ? extends T> from) {
        super(type);
        this.stored = stored;
        this.to = to;
        this.from = from;
    }

    @Override
    void write(Packer out, T value) {
        stored.writeChecked(out, to.apply(value));
    }

    @Override
    T read(Unpacker in) {
        R read = stored.read(in);
        T value;
        try {
            value = from.apply(read);
        } catch (RuntimeException refused) {
            throw new Fault("is refused by the converter of " + type().getSimpleName(), refused);
        }
        if (value == null) {
            throw new Fault("became null in the converter of " + type().getSimpleName());
        }
        return value;
    }
}
