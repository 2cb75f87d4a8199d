package dev.holdfast.compression;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdDictDecompress;
import org.jspecify.annotations.Nullable;

/**
 * Zstandard frames without what the envelope already says: no magic number, length, dictionary number or checksum.
 *
 * <p>Two threads in one context end the JVM, so each has one to itself, out of a pool: making one anew costs more than compressing a
 * kibibyte. A context with a dictionary keeps it, so each dictionary has a coder of its own.
 */
final class ZstdCoder implements Coder {
    private final Pool<ZstdCompressCtx> compressing;
    private final Pool<ZstdDecompressCtx> decompressing;

    /** @param dictionary not copied; null for none */
    ZstdCoder(int level, byte @Nullable [] dictionary) {
        // Digested once for all contexts, and only when first used: a reader never needs the half for writing. Never
        // closed: contexts point into them, and when the last one is gone they are collected.
        Lazy<ZstdDictCompress> forWriting = new Lazy<>(() -> new ZstdDictCompress(present(dictionary), level));
        Lazy<ZstdDictDecompress> forReading = new Lazy<>(() -> new ZstdDictDecompress(present(dictionary)));
        compressing = new Pool<>(
                () -> {
                    ZstdCompressCtx context = new ZstdCompressCtx()
                            .setLevel(level)
                            .setMagicless(true)
                            .setContentSize(false)
                            .setDictID(false)
                            .setChecksum(false);
                    return dictionary == null ? context : context.loadDict(forWriting.get());
                },
                ZstdCompressCtx::close);
        decompressing = new Pool<>(
                () -> {
                    ZstdDecompressCtx context = new ZstdDecompressCtx().setMagicless(true);
                    return dictionary == null ? context : context.loadDict(forReading.get());
                },
                ZstdDecompressCtx::close);
    }

    private static byte[] present(byte @Nullable [] dictionary) {
        if (dictionary == null) {
            throw new IllegalStateException("there is no dictionary");
        }
        return dictionary;
    }

    @Override
    public int maxCompressedBytes(int length) {
        return Math.toIntExact(Zstd.compressBound(length));
    }

    /** A block has at most 128 KiB, and at least three bytes of header and one of content. */
    @Override
    public long maxDecompressedBytes(int length) {
        return (128L << 10) / 4 * length;
    }

    @Override
    public int compress(byte[] value, byte[] target, int offset) {
        return compressing.with(
                context -> context.compressByteArray(target, offset, target.length - offset, value, 0, value.length));
    }

    @Override
    public int decompress(byte[] bytes, int offset, int length, byte[] target) {
        return decompressing.with(
                context -> context.decompressByteArray(target, 0, target.length, bytes, offset, length));
    }

    @Override
    public void close() {
        compressing.close();
        decompressing.close();
    }
}
