package dev.holdfast.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Reads and overwrites among 10,000 keys of 16 bytes with values of 128. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MemoryStateBenchmark {
    private static final int KEYS = 10_000;
    private static final int VALUE_BYTES = 128;

    @Param({"holdfast", "holdfast-ttl", "map", "map-string", "caffeine-ttl"})
    private String contender = "";

    private final byte[][] keys = new byte[KEYS][];
    private final byte[] value = new byte[VALUE_BYTES];
    private ByteMap map = ByteMap.of("map");

    @Setup(Level.Trial)
    public void fill() {
        map = ByteMap.of(contender);
        for (int i = 0; i < KEYS; i++) {
            keys[i] = String.format("user/%08d/ab", i).getBytes(StandardCharsets.US_ASCII);
            map.put(keys[i], value);
        }
    }

    @TearDown(Level.Trial)
    public void close() {
        map.close();
    }

    @Benchmark
    public byte @Nullable [] get(CpuTime time) {
        time.operations++;
        return map.get(anyKey());
    }

    @Benchmark
    public void put(CpuTime time) {
        time.operations++;
        map.put(anyKey(), value);
    }

    private byte[] anyKey() {
        return keys[ThreadLocalRandom.current().nextInt(KEYS)];
    }
}
