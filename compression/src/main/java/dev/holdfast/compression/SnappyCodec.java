package dev.holdfast.compression;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.xerial.snappy.Snappy;

/** Snappy blocks: about as fast as LZ4, and known to many other systems. It has no levels. */
public final class SnappyCodec implements Codec {
    @Override
    public String name() {
        return "snappy";
    }

    @Override
    public int id() {
        return 2;
    }

    @Override
    public int minLevel() {
        return 0;
    }

    @Override
    public int maxLevel() {
        return 0;
    }

    @Override
    public int defaultLevel() {
        return 0;
    }

    @Override
    public Coder open(int level) {
        try {
            // Any call loads the native code; this one does nothing else.
            Snappy.maxCompressedLength(0);
            return SnappyCoder.INSTANCE;
        } catch (Error failure) {
            // It has an error of its own, no LinkageError, and naming that here would ask for its class.
            if (failure instanceof VirtualMachineError) {
                throw failure;
            }
            throw CodecUnavailableException.of(
                    name(),
                    failure,
                    "org.xerial.snappy:snappy-java",
                    "if the folder for temporary files forbids execution name another one with"
                            + " -Dorg.xerial.snappy.tempdir=, or name a library built for this platform with"
                            + " -Dorg.xerial.snappy.lib.path= and -Dorg.xerial.snappy.lib.name=, or choose lz4, which"
                            + " also works without native code");
        }
    }

    private enum SnappyCoder implements Coder {
        INSTANCE;

        @Override
        public int maxCompressedBytes(int length) {
            return Snappy.maxCompressedLength(length);
        }

        /** The densest element takes three bytes and copies 64. */
        @Override
        public long maxDecompressedBytes(int length) {
            return 22L * length;
        }

        @Override
        public int compress(byte[] value, byte[] target, int offset) {
            try {
                return Snappy.compress(value, 0, value.length, target, offset);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }

        @Override
        public int decompress(byte[] bytes, int offset, int length, byte[] target) {
            try {
                // The native code writes as much as the bytes claim, whether or not there is room.
                if (claim(bytes, offset, length) != target.length) {
                    throw new IllegalArgumentException("another length is claimed inside");
                }
                return Snappy.uncompress(bytes, offset, length, target, 0);
            } catch (IOException corrupt) {
                throw new UncheckedIOException(corrupt);
            }
        }

        /**
         * The length that a block begins with: up to five bytes of 7 bits, the low ones first; -1 if there is none. Read here because the
         * library goes into native code for it, which on small values would be felt.
         */
        private static long claim(byte[] bytes, int offset, int length) {
            long claim = 0;
            for (int i = 0; i < Math.min(length, 5); i++) {
                byte next = bytes[offset + i];
                claim |= (next & 0x7FL) << (7 * i);
                if (next >= 0) {
                    return claim;
                }
            }
            return -1;
        }
    }
}
