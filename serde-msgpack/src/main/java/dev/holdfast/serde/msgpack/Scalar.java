package dev.holdfast.serde.msgpack;

import java.util.function.BiConsumer;
import java.util.function.Function;

/** A value without parts. */
final class Scalar<T> extends Form<T> {
    private final BiConsumer<Packer, T> write;
    private final Function<Unpacker, T> read;

    Scalar(Class<?> type, BiConsumer<Packer, T> write, Function<Unpacker, T> read) {
        super(type);
        this.write = write;
        this.read = read;
    }

    @Override
    void write(Packer out, T value) {
        write.accept(out, value);
    }

    @Override
    T read(Unpacker in) {
        return read.apply(in);
    }
}
