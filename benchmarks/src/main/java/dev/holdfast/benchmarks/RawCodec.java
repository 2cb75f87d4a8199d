package dev.holdfast.benchmarks;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.xerial.snappy.Snappy;

/**
 * A codec's library used as well as one can by hand, by one thread: room is reused, contexts are reused, the result is an array of its
 * own. No checksum, no length, no check of either.
 */
interface RawCodec {
    byte[] compress(byte[] value);

    byte[] decompress(byte[] packed, int length);

    static RawCodec of(String name) {
        return switch (name) {
            case "lz4" -> new Lz4();
            case "snappy" -> new SnappyBlocks();
            case "zstd" -> new Zstandard();
            default -> throw new IllegalArgumentException(name);
        };
    }

    final class Lz4 implements RawCodec {
        private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
        private final LZ4SafeDecompressor decompressor =
                LZ4Factory.fastestInstance().safeDecompressor();
        private byte[] room = new byte[0];

        @Override
        public byte[] compress(byte[] value) {
            int most = compressor.maxCompressedLength(value.length);
            room = room.length < most ? new byte[most] : room;
            return Arrays.copyOf(room, compressor.compress(value, 0, value.length, room, 0, most));
        }

        @Override
        public byte[] decompress(byte[] packed, int length) {
            byte[] value = new byte[length];
            decompressor.decompress(packed, 0, packed.length, value, 0, length);
            return value;
        }
    }

    final class SnappyBlocks implements RawCodec {
        private byte[] room = new byte[0];

        @Override
        public byte[] compress(byte[] value) {
            int most = Snappy.maxCompressedLength(value.length);
            room = room.length < most ? new byte[most] : room;
            try {
                return Arrays.copyOf(room, Snappy.compress(value, 0, value.length, room, 0));
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }

        @Override
        public byte[] decompress(byte[] packed, int length) {
            byte[] value = new byte[length];
            try {
                Snappy.uncompress(packed, 0, packed.length, value, 0);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
            return value;
        }
    }

    final class Zstandard implements RawCodec {
        private final ZstdCompressCtx compressing = new ZstdCompressCtx().setLevel(3);
        private final ZstdDecompressCtx decompressing = new ZstdDecompressCtx();
        private byte[] room = new byte[0];

        @Override
        public byte[] compress(byte[] value) {
            int most = Math.toIntExact(Zstd.compressBound(value.length));
            room = room.length < most ? new byte[most] : room;
            return Arrays.copyOf(room, compressing.compressByteArray(room, 0, most, value, 0, value.length));
        }

        @Override
        public byte[] decompress(byte[] packed, int length) {
            byte[] value = new byte[length];
            decompressing.decompressByteArray(value, 0, length, packed, 0, packed.length);
            return value;
        }
    }
}
