package dev.holdfast.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Counts operations and the processor time of the thread that does them: on a machine that others use too, operations per second of
 * that are still comparable when those per second of the wall clock are not.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class CpuTime {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    public long operations;
    public long cpuNanos;
    private long start;

    /** The processor time of the calling thread until now, in nanoseconds. */
    static long ofThread() {
        return THREADS.getCurrentThreadCpuTime();
    }

    @Setup(Level.Iteration)
    public void begin() {
        operations = 0;
        start = ofThread();
    }

    @TearDown(Level.Iteration)
    public void end() {
        cpuNanos = ofThread() - start;
    }
}
