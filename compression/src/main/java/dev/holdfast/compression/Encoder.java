package dev.holdfast.compression;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compresses the values of puts, where that is worth it. Safe for use by many threads. */
final class Encoder implements AutoCloseable {
    /** Longer values hold enough repetition of their own. */
    private static final int LONGEST_WITH_DICTIONARY = 1 << 17;

    private static final Logger LOG = LoggerFactory.getLogger(Encoder.class);

    private final CompressionConfig config;
    private final Codec codec;
    private final Coder coder;
    private final int maxBytes;
    private final int floor;
    private final KeyGroups groups = new KeyGroups();
    private final Counters counters;
    private final Pool<Scratch> scratches = new Pool<>(Scratch::new, scratch -> {});
    private final LongAdder stayed = new LongAdder();
    private final LongAdder untried = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /** @param maxBytes what the store takes */
    Encoder(CompressionConfig config, Codec codec, int maxBytes, Time time) {
        this.config = config;
        this.codec = codec;
        this.coder = codec.open(config.level());
        this.maxBytes = maxBytes;
        this.floor = Math.max(
                1, config.isZstd() ? Math.min(config.threshold(), config.dictionaryThreshold()) : config.threshold());
        this.counters = new Counters(time);
    }

    /** Whether it could change the mutation: most that are small need no second look. */
    boolean mayChange(Mutation mutation) {
        if (mutation.kind() != Mutation.Kind.PUT) {
            return false;
        }
        Stored stored = mutation.stored();
        // What a layer outside has encoded is not looked into; its encoding byte is taken.
        return stored.bytes().length >= floor && stored.encoding() == Stored.PLAIN;
    }

    /** The mutation with its value compressed, or as it is. */
    Mutation encode(Space space, Mutation mutation, @Nullable DictionaryShelf shelf) {
        if (!mayChange(mutation)) {
            return mutation;
        }
        byte[] value = mutation.stored().bytes();
        Dictionary dictionary = shelf == null || value.length > LONGEST_WITH_DICTIONARY
                ? null
                : shelf.forWriting(space, mutation.key());
        if (value.length < (dictionary == null ? config.threshold() : config.dictionaryThreshold())) {
            return mutation;
        }
        byte[] packed = config.isAdaptive()
                ? packAdaptively(space, mutation.key(), value, dictionary)
                : pack(value, dictionary);
        return packed == null ? mutation : mutation.with(mutation.stored().with(packed, Envelope.ENCODING));
    }

    private byte @Nullable [] packAdaptively(Space space, Key key, byte[] value, @Nullable Dictionary dictionary) {
        if (groups.isQuiet()) {
            byte[] first = pack(value, dictionary);
            if (first == null) {
                groups.stayed(KeyGroups.of(space, key));
            }
            return first;
        }
        int group = KeyGroups.of(space, key);
        if (!groups.isWorthATry(group)) {
            untried.increment();
            return null;
        }
        byte[] packed = pack(value, dictionary);
        if (packed == null) {
            groups.stayed(group);
        } else {
            groups.shrank(group);
        }
        return packed;
    }

    /** The envelope, or null if the value is better kept plain. */
    private byte @Nullable [] pack(byte[] value, @Nullable Dictionary dictionary) {
        byte @Nullable [] packed;
        try {
            packed = scratches.with(scratch -> dictionary == null
                    ? pack(value, codec.id(), Envelope.NO_DICTIONARY, coder, scratch)
                    : pack(value, ZstdCodec.DICTIONARY_ID, dictionary.id(), dictionary.coder(), scratch));
        } catch (RuntimeException broken) {
            failed.increment();
            LOG.warn("{} failed to compress a value of {} bytes; it is kept plain", codec.name(), value.length, broken);
            return null;
        }
        if (packed == null) {
            stayed.increment();
        }
        return packed;
    }

    private byte @Nullable [] pack(byte[] value, int id, int dictionary, Coder with, Scratch scratch) {
        long begun = counters.begin(value.length);
        byte[] room = scratch.atLeast(Envelope.MAX_OVERHEAD + with.maxCompressedBytes(value.length));
        int begin = Envelope.begin(room, id, dictionary, value.length);
        int end = begin + with.compress(value, room, begin);
        double most = Math.min(maxBytes, value.length * (1 - config.minSaving()));
        if (end + Envelope.CHECKSUM_BYTES > most) {
            counters.end(begun, value.length);
            return null;
        }
        byte[] packed = Envelope.seal(room, end);
        counters.end(begun, value.length, packed.length);
        return packed;
    }

    void tell(Map<String, Long> gauges) {
        String name = "compression." + codec.name();
        counters.tell(name + ".written", gauges);
        gauges.put(name + ".skipped.stayed", stayed.sum());
        gauges.put(name + ".skipped.untried", untried.sum());
        gauges.put(name + ".failed", failed.sum());
    }

    @Override
    public void close() {
        coder.close();
        scratches.close();
    }
}
