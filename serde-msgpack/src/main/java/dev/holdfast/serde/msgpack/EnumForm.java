package dev.holdfast.serde.msgpack;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A constant of an enum, by its name, so that the order of the constants may change. */
final class EnumForm extends Form<Enum<?>> {
    private final Map<String, Enum<?>> byName = new HashMap<>();
    private final Map<Enum<?>, byte[]> packedNames = new HashMap<>();
    private final @Nullable Enum<?> fallback;

    /** @param fallback what a name is read as that the enum does not have, or null if that is an error */
    EnumForm(Class<?> type, @Nullable Enum<?> fallback) {
        super(type);
        this.fallback = fallback;
        for (Object constant : type.getEnumConstants()) {
            Enum<?> each = (Enum<?>) constant;
            byName.put(each.name(), each);
            packedNames.put(each, Packer.packed(each.name()));
        }
    }

    @Override
    void write(Packer out, Enum<?> value) {
        byte[] name = packedNames.get(value);
        if (name == null) {
            throw new Fault("is no constant of " + type().getSimpleName());
        }
        out.raw(name);
    }

    @Override
    Enum<?> read(Unpacker in) {
        Enum<?> constant = byName.getOrDefault(in.text(), fallback);
        if (constant == null) {
            throw new Fault("is no constant of " + type().getSimpleName()
                    + "; if a newer version added it, give the serde a fallback(constant)");
        }
        return constant;
    }
}
