package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Taking and giving back one lock: free, and with 16 threads after it. The fair {@link ReentrantLock} is there for scale: it knows
 * neither leases nor fences nor other processes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MemoryLockBenchmark {
    private static final String NAME = "orders/7";
    private static final Duration LEASE = Duration.ofSeconds(30);

    /** Takes and gives back the lock. */
    private interface Turn {
        void take() throws InterruptedException;
    }

    @Param({"holdfast", "reentrant-fair"})
    private String contender = "";

    private Turn turn = () -> {};
    private AutoCloseable backend = () -> {};

    @Setup(Level.Trial)
    public void open() {
        if (contender.equals("holdfast")) {
            Backend opened = Backends.open("memory:");
            backend = opened;
            turn = () -> {
                try (LockGuard guard = opened.locks().acquire(NAME, LEASE)) {
                    guard.ensureHeld();
                }
            };
        } else {
            ReentrantLock lock = new ReentrantLock(true);
            turn = () -> {
                lock.lockInterruptibly();
                lock.unlock();
            };
        }
    }

    @TearDown(Level.Trial)
    public void close() throws Exception {
        backend.close();
    }

    @Benchmark
    @Threads(1)
    public void free(CpuTime time) throws InterruptedException {
        time.operations++;
        turn.take();
    }

    @Benchmark
    @Threads(16)
    public void contended(CpuTime time) throws InterruptedException {
        time.operations++;
        turn.take();
    }
}
