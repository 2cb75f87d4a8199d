package dev.holdfast.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What threads did with one contender for a while.
 *
 * @param calls how often the work was done
 * @param operations how many operations that was
 * @param clientMicros processor time of this process, in all
 * @param serverMicros processor time of the server, in all; NaN if it cannot be known
 * @param allocatedBytes of all threads of this process
 * @param spread calls of the thread with most of them by those of the thread with least
 * @param latency of the calls in nanoseconds, if they were paced
 */
record Turn(
        long calls,
        long operations,
        double seconds,
        double clientMicros,
        double serverMicros,
        double allocatedBytes,
        double spread,
        Histogram latency) {
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private static final int DIGITS = 3;

    double perSecond() {
        return operations / seconds;
    }

    double callsPerSecond() {
        return calls / seconds;
    }

    /** Does the work as fast as the threads can. */
    static Turn run(Work work, int threads, long millis, Meter meter) throws Exception {
        return work.turn(threads, millis, 0, meter);
    }

    /**
     * Does the work at a pace, so many calls a second by all threads together, whatever came of the calls before: a call that could not begin
     * in time because the one before it took too long has the time it waited in its latency. So what a slow moment did to those
     * behind it is not omitted. A thread that was idle and merely woke up late counts from then: that is the timer's, not the contender's.
     */
    static Turn paced(Work work, int threads, long millis, double callsPerSecond, Meter meter) throws Exception {
        return work.turn(threads, millis, callsPerSecond, meter);
    }

    /** The same with threads of this JVM; a pace of 0 is none. */
    static Turn ofThreads(Work work, int threads, long millis, double callsPerSecond, Meter meter) throws Exception {
        Worker[] workers = new Worker[threads];
        CountDownLatch ready = new CountDownLatch(threads);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(threads);
        CountDownLatch leave = new CountDownLatch(1);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
        double intervalNanos = callsPerSecond == 0 ? 0 : 1e9 * threads / callsPerSecond;
        for (int number = 0; number < threads; number++) {
            Worker worker = new Worker(work, number, nanos, intervalNanos, intervalNanos * number / threads);
            workers[number] = worker;
            new Thread(
                            () -> {
                                ready.countDown();
                                try {
                                    go.await();
                                    worker.work();
                                } catch (Throwable failed) {
                                    failures.add(failed);
                                } finally {
                                    done.countDown();
                                }
                                // What it allocated can be asked only while it is there.
                                awaitQuietly(leave);
                            },
                            "bench-" + number)
                    .start();
        }
        ready.await();
        double server = meter.cpuSeconds();
        Map<Long, Long> allocated = allocated();
        long client = SYSTEM.getProcessCpuTime();
        long start = System.nanoTime();
        go.countDown();
        done.await();
        double seconds = (System.nanoTime() - start) / 1e9;
        client = SYSTEM.getProcessCpuTime() - client;
        double bytes = 0;
        for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
            bytes += thread.getValue() - allocated.getOrDefault(thread.getKey(), 0L);
        }
        leave.countDown();
        server = meter.cpuSeconds() - server;
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.peek());
        }
        Histogram latency = new Histogram(DIGITS);
        Arrays.stream(workers).forEach(worker -> worker.addTo(latency));
        long most =
                Arrays.stream(workers).mapToLong(worker -> worker.calls).max().orElse(0);
        long least =
                Arrays.stream(workers).mapToLong(worker -> worker.calls).min().orElse(0);
        return new Turn(
                Arrays.stream(workers).mapToLong(worker -> worker.calls).sum(),
                Arrays.stream(workers).mapToLong(worker -> worker.operations).sum(),
                seconds,
                client / 1e3,
                server * 1e6,
                bytes,
                most / (double) Math.max(1, least),
                latency);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<Long, Long> allocated() {
        long[] ids = THREADS.getAllThreadIds();
        long[] bytes = THREADS.getThreadAllocatedBytes(ids);
        Map<Long, Long> allocated = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            allocated.put(ids[i], bytes[i]);
        }
        return allocated;
    }

    /** What one thread does. */
    private static final class Worker {
        private final Work work;
        private final int number;
        private final long nanos;
        private final double intervalNanos;
        private final double offsetNanos;
        private final @Nullable Histogram latency;
        private long calls;
        private long operations;

        Worker(Work work, int number, long nanos, double intervalNanos, double offsetNanos) {
            this.work = work;
            this.number = number;
            this.nanos = nanos;
            this.intervalNanos = intervalNanos;
            this.offsetNanos = offsetNanos;
            latency = intervalNanos > 0 ? new Histogram(DIGITS) : null;
        }

        void work() throws Exception {
            long start = System.nanoTime();
            if (latency == null) {
                while (System.nanoTime() - start < nanos) {
                    operations += work.once(number, calls++);
                }
                return;
            }
            for (double due = offsetNanos; due < nanos; due += intervalNanos) {
                long from = start + (long) due;
                long early = from - System.nanoTime();
                if (early > 0) {
                    sleepUntil(from);
                    from = System.nanoTime();
                }
                operations += work.once(number, calls++);
                latency.recordValue(Math.max(0, System.nanoTime() - from));
            }
        }

        private static void sleepUntil(long nanoTime) {
            for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }

        void addTo(Histogram sum) {
            if (latency != null) {
                sum.add(latency);
            }
        }
    }
}
