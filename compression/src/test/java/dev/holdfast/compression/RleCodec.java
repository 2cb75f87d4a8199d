package dev.holdfast.compression;

/** A stranger's codec: pairs of a count and a byte. Listed for the tests in {@code META-INF/services}. */
public final class RleCodec implements Codec {
    static final int ID = 64;

    @Override
    public String name() {
        return "rle";
    }

    @Override
    public int id() {
        return ID;
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
        return new Coder() {
            @Override
            public int maxCompressedBytes(int length) {
                return 2 * length;
            }

            @Override
            public int compress(byte[] value, byte[] target, int offset) {
                int to = offset;
                for (int from = 0; from < value.length; ) {
                    int run = 1;
                    while (run < 255 && from + run < value.length && value[from + run] == value[from]) {
                        run++;
                    }
                    target[to++] = (byte) run;
                    target[to++] = value[from];
                    from += run;
                }
                return to - offset;
            }

            @Override
            public int decompress(byte[] bytes, int offset, int length, byte[] target) {
                int to = 0;
                for (int from = offset; from < offset + length; from += 2) {
                    for (int run = bytes[from] & 0xFF; run > 0; run--) {
                        target[to++] = bytes[from + 1];
                    }
                }
                return to;
            }
        };
    }
}
