package dev.holdfast.compression;

import java.util.HexFormat;

/**
 * A trained dictionary. Its number is a checksum of its content, so that the same content has the same number everywhere, and a store
 * that lost its memory never gives the number of one dictionary to another. Immutable.
 */
final class Dictionary implements AutoCloseable {
    private final int id;
    private final byte[] content;
    private final Lazy<ZstdCoder> coder;

    /** @param content not copied */
    Dictionary(byte[] content, int level) {
        this.id = Envelope.checksum(content, content.length);
        this.content = content;
        this.coder = new Lazy<>(() -> {
            ZstdCodec.load();
            return new ZstdCoder(level, content);
        });
    }

    int id() {
        return id;
    }

    /** Not copied. */
    byte[] content() {
        return content;
    }

    /** Throws {@link CodecUnavailableException} where Zstandard cannot be loaded. */
    Coder coder() {
        return coder.get();
    }

    /** A dictionary's number as messages show it. */
    static String name(int id) {
        return HexFormat.of().toHexDigits(id);
    }

    @Override
    public void close() {
        ZstdCoder made = coder.peek();
        if (made != null) {
            made.close();
        }
    }
}
