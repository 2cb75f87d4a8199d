package dev.holdfast.state;

import dev.holdfast.spi.Version;
import org.jspecify.annotations.Nullable;

/**
 * What must be true of an entry for a mutation of it to be applied. An expired entry is absent. Immutable.
 */
public final class Condition {
    /** Always true. */
    public static final Condition ANY = new Condition("any", null);
    /** There is no such entry. */
    public static final Condition ABSENT = new Condition("absent", null);
    /** There is such an entry, of any version. */
    public static final Condition PRESENT = new Condition("present", null);

    private final String name;
    private final @Nullable Version version;

    private Condition(String name, @Nullable Version version) {
        this.name = name;
        this.version = version;
    }

    /** The entry is there and has this version. */
    public static Condition version(Version version) {
        return new Condition("version", version);
    }

    /** The version the entry must have, or null if this is another condition. */
    public @Nullable Version version() {
        return version;
    }

    /** Whether the condition holds for the entry's version, or for its absence ({@code null}). */
    public boolean holds(@Nullable Version current) {
        if (this == ANY) {
            return true;
        }
        if (this == ABSENT) {
            return current == null;
        }
        return this == PRESENT ? current != null : version != null && version.equals(current);
    }

    @Override
    public String toString() {
        return version == null ? name : name + " " + version;
    }
}
