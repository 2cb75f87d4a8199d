package dev.holdfast.compression;

import com.github.luben.zstd.ZstdDictTrainer;
import com.github.luben.zstd.ZstdException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes a dictionary out of values: an even sample of those it is shown, of which one in eight is kept apart to find out what the
 * dictionary is worth. One thread at a time.
 */
final class Trainer {
    /** More than this many values do not change what is common to them; and it bounds the memory, with the length of each. */
    private static final int MOST_SAMPLES = 16_000;

    private static final int LONGEST_SAMPLE = 1 << 11;

    /** Entries looked at, so that training on an enormous state ends. */
    private static final int MOST_SEEN = 1_000_000;

    private static final int LEAST_SAMPLES = 64;
    private static final int PAGE = 500;
    private static final int KEPT_APART = 8;

    /** A dictionary that does not save this part of what Zstandard leaves alone is not worth its keeping. */
    private static final double LEAST_GAIN = 0.05;

    private final int level;
    private final int maxBytes;
    private final List<byte[]> samples = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(1);
    private int seen;

    Trainer(int level, int maxBytes) {
        this.level = level;
        this.maxBytes = maxBytes;
    }

    /** What came of it; the dictionary is null if there is none worth keeping. */
    record Result(@Nullable Dictionary dictionary, int samples, double ratioWithout, double ratioWith) {}

    void sampleRoot(StateStore store, String namespace, Key prefix) {
        sample(store, Space.root(namespace), prefix);
    }

    void sampleScopes(StateStore store, String namespace, Key namePrefix) {
        ScanRequest request = new ScanRequest(namePrefix, null, PAGE, false);
        while (seen < MOST_SEEN) {
            Page<Key> page = store.scopes(namespace, request).await();
            for (Key name : page.items()) {
                sample(store, Space.scope(namespace, new String(name.toBytes(), StandardCharsets.UTF_8)), Key.EMPTY);
            }
            Key next = page.next();
            if (next == null) {
                return;
            }
            request = request.from(next);
        }
    }

    private void sample(StateStore store, Space space, Key prefix) {
        ScanRequest request = new ScanRequest(prefix, null, PAGE, false);
        while (seen < MOST_SEEN) {
            Page<KeyedValue> page = store.scan(space, request).await();
            page.items().forEach(item -> see(item.stored().bytes()));
            Key next = page.next();
            if (next == null) {
                return;
            }
            request = request.from(next);
        }
    }

    /** Keeps each value seen so far with the same chance. */
    void see(byte[] value) {
        if (value.length == 0) {
            return;
        }
        seen++;
        byte[] sample = Arrays.copyOf(value, Math.min(value.length, LONGEST_SAMPLE));
        if (samples.size() < MOST_SAMPLES) {
            samples.add(sample);
        } else {
            int place = random.nextInt(seen);
            if (place < MOST_SAMPLES) {
                samples.set(place, sample);
            }
        }
    }

    Result train() {
        ZstdCodec.load();
        List<byte[]> apart = new ArrayList<>();
        List<byte[]> taught = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            (i % KEPT_APART == 0 ? apart : taught).add(samples.get(i));
        }
        byte[] content = samples.size() < LEAST_SAMPLES ? null : teach(taught);
        if (content == null) {
            return new Result(null, samples.size(), 1, 1);
        }
        Dictionary dictionary = new Dictionary(content, level);
        double without;
        try (Coder plain = new ZstdCoder(level, null)) {
            without = ratio(apart, plain, ZstdCodec.ID);
        }
        double with = ratio(apart, dictionary.coder(), ZstdCodec.DICTIONARY_ID);
        boolean worth = dictionary.id() != Envelope.NO_DICTIONARY && with <= without * (1 - LEAST_GAIN);
        if (!worth) {
            dictionary.close();
        }
        return new Result(worth ? dictionary : null, samples.size(), without, with);
    }

    /** The dictionary, or null if the samples have too little in common for one. */
    private byte @Nullable [] teach(List<byte[]> taught) {
        int total = taught.stream().mapToInt(sample -> sample.length).sum();
        // A dictionary larger than a fraction of its sample would learn it by heart.
        ZstdDictTrainer trainer = new ZstdDictTrainer(total, Math.max(256, Math.min(maxBytes, total / 8)), level);
        taught.forEach(trainer::addSample);
        try {
            return trainer.trainSamples();
        } catch (ZstdException nothingInCommon) {
            return null;
        }
    }

    /** Stored size by size, as the layer would store each. */
    private static double ratio(List<byte[]> values, Coder coder, int codec) {
        long plain = 0;
        long stored = 0;
        for (byte[] value : values) {
            byte[] room = new byte[Envelope.MAX_OVERHEAD + coder.maxCompressedBytes(value.length)];
            int begin = Envelope.begin(room, codec, 1, value.length);
            int end = begin + coder.compress(value, room, begin) + Envelope.CHECKSUM_BYTES;
            plain += value.length;
            stored += Math.min(value.length, end);
        }
        return (double) stored / plain;
    }
}
