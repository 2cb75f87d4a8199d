package dev.holdfast.compression;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Stored;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Decompresses values, of any codec that can be found. Safe for use by many threads. */
final class Decoder implements AutoCloseable {
    private final int maxBytes;
    private final @Nullable Source[] sources = new Source[256];
    private final Source dictionaries;

    /** The values of one codec: how they are read, and what they are counted on. */
    private static final class Source {
        final String name;
        final Lazy<Coder> coder;
        final Counters counters;

        Source(String name, Supplier<Coder> opener, Time time) {
            this.name = name;
            this.coder = new Lazy<>(opener);
            this.counters = new Counters(time);
        }
    }

    /** @param maxBytes a value that claims more is refused before it gets any memory */
    Decoder(Codecs codecs, int maxBytes, Time time) {
        this.maxBytes = maxBytes;
        for (Codec codec : codecs.all()) {
            sources[codec.id()] = new Source(codec.name(), () -> codec.open(codec.defaultLevel()), time);
        }
        // Each dictionary brings its own coder.
        dictionaries = new Source(
                "zstd.dictionary",
                () -> {
                    throw new IllegalStateException("no dictionary");
                },
                time);
        sources[ZstdCodec.DICTIONARY_ID] = dictionaries;
    }

    /** Whether a value is one of this layer's. */
    static boolean isPacked(@Nullable Stored stored) {
        return stored != null && stored.encoding() == Envelope.ENCODING;
    }

    /**
     * The plain value of a packed one.
     *
     * @param dictionary the one it needs, or null if it needs none or there is none of that number
     */
    Stored decode(Key key, Stored packed, @Nullable Dictionary dictionary) {
        byte[] bytes = packed.bytes();
        Envelope envelope = Envelope.read(key, bytes);
        if (envelope.length() > maxBytes) {
            throw Envelope.corrupt(key, "claims " + envelope.length() + " bytes, above maxValueBytes=" + maxBytes);
        }
        Source source = source(key, envelope);
        Coder coder = coder(key, envelope, source, dictionary);
        byte[] value = unpack(key, bytes, envelope, coder, source.counters);
        return packed.with(value, Stored.PLAIN);
    }

    private Source source(Key key, Envelope envelope) {
        Source source = sources[envelope.codec()];
        if (source == null) {
            throw Envelope.corrupt(
                    key,
                    "names unknown codec " + envelope.codec()
                            + "; if another codec than Holdfast's wrote it, add that to the class path");
        }
        return source;
    }

    private Coder coder(Key key, Envelope envelope, Source source, @Nullable Dictionary dictionary) {
        try {
            if (source != dictionaries) {
                return source.coder.get();
            }
            if (dictionary == null || dictionary.id() != envelope.dictionary()) {
                throw Envelope.corrupt(
                        key,
                        "needs dictionary " + Dictionary.name(envelope.dictionary())
                                + ", which this store does not have");
            }
            return dictionary.coder();
        } catch (CodecUnavailableException unavailable) {
            throw new BackendRejectedException(
                    "the compressed value at " + key + " cannot be read here: " + unavailable.getMessage(),
                    unavailable);
        }
    }

    private static byte[] unpack(Key key, byte[] bytes, Envelope envelope, Coder coder, Counters counters) {
        int packed = envelope.end() - envelope.start();
        if (envelope.length() > coder.maxDecompressedBytes(packed)) {
            throw Envelope.corrupt(
                    key, "claims " + envelope.length() + " bytes, which " + packed + " of its codec cannot hold");
        }
        long begun = counters.begin(envelope.length());
        byte[] value = new byte[envelope.length()];
        int length;
        try {
            length = coder.decompress(bytes, envelope.start(), packed, value);
        } catch (RuntimeException broken) {
            throw Envelope.corrupt(
                    key, "is not what codec " + envelope.codec() + " made: " + broken.getMessage(), broken);
        }
        if (length != value.length) {
            throw Envelope.corrupt(key, "claims " + value.length + " bytes but holds " + length);
        }
        counters.end(begun, value.length, bytes.length);
        return value;
    }

    /** The numbers of the codecs that were met: there may be many that never are. */
    void tell(Map<String, Long> gauges) {
        Arrays.stream(sources)
                .filter(source -> source != null && source.counters.isUsed())
                .forEach(source -> source.counters.tell("compression." + source.name + ".read", gauges));
    }

    @Override
    public void close() {
        for (Source source : sources) {
            if (source != null) {
                Coder coder = source.coder.peek();
                if (coder != null) {
                    coder.close();
                }
            }
        }
    }
}
