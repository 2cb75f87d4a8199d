package dev.holdfast.state;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;

/** A key with its value and version, as read. The value's array is the reader's. */
public final class Entry {
    private final Key key;
    private final byte[] value;
    private final Version version;

    /** The array is not copied. */
    public Entry(Key key, byte[] value, Version version) {
        this.key = key;
        this.value = value;
        this.version = version;
    }

    public Key key() {
        return key;
    }

    /** The value; the array is yours. */
    public byte[] value() {
        return value;
    }

    public Version version() {
        return version;
    }

    @Override
    public String toString() {
        return key + " (" + value.length + " bytes, version " + version + ")";
    }
}
