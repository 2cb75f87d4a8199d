package dev.holdfast.compression;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** LZ4 blocks: the fastest. Level 0 is the fast compressor, 1 to 17 the slow one; where native code cannot be loaded, Java code works. */
public final class Lz4Codec implements Codec {
    @Override
    public String name() {
        return "lz4";
    }

    @Override
    public int id() {
        return 1;
    }

    @Override
    public int minLevel() {
        return 0;
    }

    @Override
    public int maxLevel() {
        return 17;
    }

    @Override
    public int defaultLevel() {
        return 0;
    }

    @Override
    public Coder open(int level) {
        try {
            LZ4Factory factory = LZ4Factory.fastestInstance();
            return new Lz4Coder(
                    level == 0 ? factory.fastCompressor() : factory.highCompressor(level), factory.safeDecompressor());
        } catch (LinkageError failure) {
            throw CodecUnavailableException.of(name(), failure, "at.yawk.lz4:lz4-java", "choose another codec");
        }
    }

    /** @param decompressor the kind that trusts no length inside the bytes */
    private record Lz4Coder(LZ4Compressor compressor, LZ4SafeDecompressor decompressor) implements Coder {
        @Override
        public int maxCompressedBytes(int length) {
            return compressor.maxCompressedLength(length);
        }

        /** A byte of the block makes the length of a match greater by 255 at most. */
        @Override
        public long maxDecompressedBytes(int length) {
            return 255L * length;
        }

        @Override
        public int compress(byte[] value, byte[] target, int offset) {
            return compressor.compress(value, 0, value.length, target, offset, target.length - offset);
        }

        @Override
        public int decompress(byte[] bytes, int offset, int length, byte[] target) {
            return decompressor.decompress(bytes, offset, length, target, 0, target.length);
        }
    }
}
