package dev.holdfast.serde.msgpack;

import org.jspecify.annotations.Nullable;

/** A value or null, which is nil. */
final class NullableForm extends Form<@Nullable Object> {
    private final Form<Object> present;

    NullableForm(Form<?> present) {
        super(present.type());
        this.present = present.untyped();
    }

    @Override
    void write(Packer out, @Nullable Object value) {
        if (value == null) {
            out.nil();
        } else {
            present.write(out, value);
        }
    }

    @Override
    @Nullable
    @SuppressWarnings("NullAway") // null is a value here, and only here
    Object read(Unpacker in) {
        return in.tookNil() ? null : present.read(in);
    }

    @Override
    boolean isNullable() {
        return true;
    }
}
