package dev.holdfast.compression;

import com.github.luben.zstd.util.Native;

/** Zstandard: the smallest, and the one that dictionaries work with. Levels as of its own, -7 to 22; there is no Java code for it. */
public final class ZstdCodec implements Codec {
    static final int ID = 3;

    /** Stored values that need a dictionary: known to this module only, and not to be chosen by name. */
    static final int DICTIONARY_ID = 4;

    static final String NAME = "zstd";
    static final int DEFAULT_LEVEL = 3;

    /** Unless another is given: with a dictionary a higher one saves little of a small value and takes longer. */
    static final int DICTIONARY_LEVEL = 1;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public int minLevel() {
        return -7;
    }

    @Override
    public int maxLevel() {
        return 22;
    }

    @Override
    public int defaultLevel() {
        return DEFAULT_LEVEL;
    }

    @Override
    public Coder open(int level) {
        load();
        return new ZstdCoder(level, null);
    }

    /** Loads the native code, once. */
    static void load() {
        try {
            Native.load();
        } catch (LinkageError failure) {
            throw CodecUnavailableException.of(
                    NAME,
                    failure,
                    "com.github.luben:zstd-jni",
                    "if the folder for temporary files forbids execution name another one with -DZstdTempFolder=, or"
                            + " name a library built for this platform with -DZstdNativePath=, or choose lz4, which also"
                            + " works without native code");
        }
    }
}
