package dev.holdfast.compression;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Stored;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Decompresses values, of any codec that can be found. Safe for use by many threads. */
final class Decoder implements AutoCloseable {
    private final Codecs codecs;
    private final int maxBytes;
    private final AtomicReferenceArray<@Nullable Coder> coders = new AtomicReferenceArray<>(256);
    private final Counters[] counters = new Counters[256];

    /** @param maxBytes a value that claims more is refused before it gets any memory */
    Decoder(Codecs codecs, int maxBytes, Time time) {
        this.codecs = codecs;
        this.maxBytes = maxBytes;
        for (Codec codec : codecs.all()) {
            counters[codec.id()] = new Counters(time);
        }
        counters[ZstdCodec.DICTIONARY_ID] = new Counters(time);
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
        Coder coder = coder(key, envelope, dictionary);
        Counters counter = counters[envelope.codec()];
        long begun = counter.begin(envelope.length());
        byte[] value = new byte[envelope.length()];
        int length;
        try {
            length = coder.decompress(bytes, envelope.start(), envelope.end() - envelope.start(), value);
        } catch (RuntimeException broken) {
            throw Envelope.corrupt(
                    key, "is not what codec " + envelope.codec() + " made: " + broken.getMessage(), broken);
        }
        if (length != value.length) {
            throw Envelope.corrupt(key, "claims " + value.length + " bytes but holds " + length);
        }
        counter.end(begun, value.length);
        counter.count(value.length, bytes.length);
        return packed.with(value, Stored.PLAIN);
    }

    private Coder coder(Key key, Envelope envelope, @Nullable Dictionary dictionary) {
        int id = envelope.codec();
        try {
            if (id == ZstdCodec.DICTIONARY_ID) {
                if (dictionary == null || dictionary.id() != envelope.dictionary()) {
                    throw Envelope.corrupt(
                            key,
                            "needs dictionary " + Dictionary.name(envelope.dictionary())
                                    + ", which this store does not have");
                }
                return dictionary.coder();
            }
            Coder coder = id < 0 ? null : coders.get(id);
            return coder == null ? open(key, id & 0xFF) : coder;
        } catch (CodecUnavailableException unavailable) {
            throw new BackendRejectedException(
                    "the compressed value at " + key + " cannot be read here: " + unavailable.getMessage(),
                    unavailable);
        }
    }

    private Coder open(Key key, int id) {
        Codec codec = codecs.numbered(id);
        if (codec == null) {
            throw Envelope.corrupt(
                    key,
                    "names unknown codec " + id + "; if another codec than Holdfast's wrote it, add that"
                            + " to the class path");
        }
        Coder opened = codec.open(codec.defaultLevel());
        Coder earlier = coders.compareAndExchange(id, null, opened);
        if (earlier == null) {
            return opened;
        }
        opened.close();
        return earlier;
    }

    void tell(Map<String, Long> gauges) {
        for (Codec codec : codecs.all()) {
            counters[codec.id()].tell("compression." + codec.name() + ".read", gauges);
        }
        counters[ZstdCodec.DICTIONARY_ID].tell("compression.zstd.dictionary.read", gauges);
    }

    @Override
    public void close() {
        for (int id = 0; id < coders.length(); id++) {
            Coder coder = coders.getAndSet(id, null);
            if (coder != null) {
                coder.close();
            }
        }
    }
}
