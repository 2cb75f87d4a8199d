package dev.holdfast.serde.msgpack;

import org.jspecify.annotations.Nullable;

/** How the values of one type look in MessagePack. Forms know nothing of one value, so all threads share them. */
abstract class Form<T extends @Nullable Object> {
    private final Class<?> type;

    Form(Class<?> type) {
        this.type = type;
    }

    /** The class of the values, without its type arguments. */
    final Class<?> type() {
        return type;
    }

    /** Writes a value, which is not null unless this {@link #isNullable}. */
    abstract void write(Packer out, T value);

    abstract T read(Unpacker in);

    /** Whether null is a value. */
    boolean isNullable() {
        return false;
    }

    /** Whether some value is written as nil, so that nil cannot mean anything else here. */
    boolean usesNil() {
        return isNullable();
    }

    /** The value written as nil, which is also what a missing field has; asked only if this {@link #usesNil}. */
    @Nullable
    T whenNil() {
        return null;
    }

    /** Writes a value that may be null by mistake. */
    @SuppressWarnings("NullAway") // null goes on only to a form that takes it
    final void writeChecked(Packer out, @Nullable T value) {
        if (value == null && !isNullable()) {
            throw new Fault("is null; mark it @Nullable, or make it an Optional");
        }
        write(out, value);
    }

    @SuppressWarnings("unchecked")
    final Form<Object> untyped() {
        return (Form<Object>) this;
    }
}
