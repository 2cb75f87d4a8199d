package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.combine.Combiner;
import dev.holdfast.combine.Transport;
import dev.holdfast.compression.CompressionLayerProvider;
import dev.holdfast.compression.CompressionOptions;
import dev.holdfast.config.Settings;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the framework itself costs where no store is asked, in time and in bytes allocated: {@code ./holdfast bench --inner}. The bytes of
 * an operation are the same on every machine, so a change of theirs is a change of the code.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class InnerLoops {

    /** Callers that share lanes to a store that answers at once. */
    @State(Scope.Benchmark)
    public static class Lanes {
        private final ExecutorService flushers = Executors.newFixedThreadPool(2);
        private final Combiner<Integer, Integer> combiner = new Combiner<>(8, 2, 512, 4_096, Lanes::echo, flushers);

        private static void echo(int lane, List<Integer> commands, Transport.Replies<Integer> replies) {
            for (int i = 0; i < commands.size(); i++) {
                replies.reply(i, commands.get(i));
            }
        }

        @TearDown
        public void close() {
            combiner.close();
            flushers.shutdown();
        }
    }

    /** One lock in memory, whose turns the engine hands from thread to thread. */
    @State(Scope.Benchmark)
    public static class Engine {
        private final Backend backend = Backends.open("memory:?compression=off");

        @TearDown
        public void close() {
            backend.close();
        }
    }

    /** A layer over a store that keeps one value and copies nothing. */
    @State(Scope.Thread)
    public static class Layered {
        private static final Space SPACE = Space.root("inner");
        private static final Key KEY = Key.of("flight/1");

        @Param({"lz4", "snappy", "zstd"})
        private String codec = "";

        private final byte[] small = "below the threshold, so it is stored as it is".getBytes(StandardCharsets.UTF_8);
        private final byte[] large = records(4_096);
        private StateStore keptPlain = new LastValueStore();
        private StateStore compressing = new LastValueStore();

        @Setup
        public void open() {
            keptPlain = layer();
            compressing = layer();
            write(keptPlain, small);
            write(compressing, large);
        }

        private StateStore layer() {
            return new CompressionLayerProvider()
                    .create(
                            Settings.builder(CompressionOptions.all())
                                    .set("compression", codec)
                                    .build(),
                            Time.system())
                    .orElseThrow()
                    .wrap(new LastValueStore());
        }

        private static byte[] records(int length) {
            StringBuilder records = new StringBuilder();
            for (int i = 0; records.length() < length; i++) {
                records.append("{\"id\":")
                        .append(i * 7_919)
                        .append(",\"origin\":\"ORD\",\"delayMinutes\":")
                        .append(i % 60)
                        .append('}');
            }
            return records.substring(0, length).getBytes(StandardCharsets.US_ASCII);
        }

        private static boolean write(StateStore store, byte[] value) {
            return store.write(SPACE, Mutation.put(KEY, Condition.ANY, Stored.plain(value, Version.fresh()), 0))
                    .await();
        }

        private static byte[] read(StateStore store) {
            return Objects.requireNonNull(store.read(SPACE, KEY).await()).bytes();
        }
    }

    @Benchmark
    @Threads(1)
    public int combiningAlone(Lanes lanes) {
        return lanes.combiner.call(7, 7).await();
    }

    @Benchmark
    @Threads(16)
    public int combiningWithSixteen(Lanes lanes) {
        return lanes.combiner.call(7, (int) Thread.currentThread().getId()).await();
    }

    @Benchmark
    @Threads(1)
    public void handOverAlone(Engine engine) throws InterruptedException {
        turn(engine);
    }

    @Benchmark
    @Threads(16)
    public void handOverToSixteen(Engine engine) throws InterruptedException {
        turn(engine);
    }

    private static void turn(Engine engine) throws InterruptedException {
        try (LockGuard guard = engine.backend.locks().acquire("orders/7", LockClient.LEASE)) {
            guard.ensureHeld();
        }
    }

    @Benchmark
    public boolean envelopeWritten(Layered layered) {
        return Layered.write(layered.keptPlain, layered.small);
    }

    @Benchmark
    public byte[] envelopeRead(Layered layered) {
        return Layered.read(layered.keptPlain);
    }

    @Benchmark
    public boolean compressed(Layered layered) {
        return Layered.write(layered.compressing, layered.large);
    }

    @Benchmark
    public byte[] decompressed(Layered layered) {
        return Layered.read(layered.compressing);
    }
}
