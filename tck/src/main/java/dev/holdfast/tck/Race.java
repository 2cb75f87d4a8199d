package dev.holdfast.tck;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Threads that do things at the same time, and a count of how often they really did: a race in which nobody met anybody proves
 * nothing.
 */
final class Race {
    /** What each thread does in each round. */
    interface Step {
        void run(int thread, int round) throws Exception;
    }

    /** Fewer meetings than this leave a rule inconclusive. */
    static final int ENOUGH = 20;

    private static final int BLOCK = 250;

    private final RuleSetting setting;
    private final int threads;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger overlaps = new AtomicInteger();
    private final AtomicInteger atWork = new AtomicInteger();
    /** Counts every end of a step and every {@link #meet}. */
    private final AtomicLong marks = new AtomicLong();

    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();

    Race(RuleSetting setting, int threads) {
        this.setting = setting;
        this.threads = threads;
    }

    /**
     * Runs rounds {@value #BLOCK} at a time: {@code before} of each, alone; then every thread goes through the steps of all, side by
     * side with the others; then {@code after} of each, alone. In blocks, because threads that had to meet before every single step
     * would spend their time on that, and hardly ever be in the store together.
     */
    void inRounds(int rounds, IntConsumer before, Step step, IntConsumer after) {
        for (int first = 0; first < rounds && errors.isEmpty(); first += BLOCK) {
            int begin = first;
            int end = Math.min(rounds, first + BLOCK);
            IntStream.range(begin, end).forEach(before);
            run(thread -> {
                for (int round = begin; round < end && errors.isEmpty(); round++) {
                    counted(step, thread, round);
                }
            });
            if (errors.isEmpty()) {
                IntStream.range(begin, end).forEach(after);
            }
        }
        requireMeaning();
    }

    /** Runs {@code steps} steps on each thread, as fast as each can. */
    void freely(int steps, Step step) {
        run(thread -> {
            for (int i = 0; i < steps && errors.isEmpty(); i++) {
                counted(step, thread, i);
            }
        });
        requireMeaning();
    }

    /**
     * Waits until another thread has come to the end of a step or to its own {@code meet}, or no other is left: so whatever its caller
     * read and is about to write was open to somebody else meanwhile, however the threads are scheduled. Only where nobody waits for
     * what the caller holds.
     */
    void meet() {
        meetUnless(() -> false);
    }

    /** Like {@link #meet}, and for steps that wait for what the caller holds: it returns also when somebody does. */
    void meetUnless(BooleanSupplier somebodyWaits) {
        long mine = marks.incrementAndGet();
        while (marks.get() == mine && atWork.get() > 1 && errors.isEmpty() && !somebodyWaits.getAsBoolean()) {
            Thread.yield();
        }
    }

    private void run(IntConsumer work) {
        List<Thread> running = new ArrayList<>();
        AtomicInteger arrived = new AtomicInteger();
        atWork.set(threads);
        for (int i = 0; i < threads; i++) {
            int index = i;
            Thread thread = new Thread(
                    () -> {
                        // Spinning, because a latch wakes threads one after the other, and the first is done before the
                        // second begins.
                        arrived.incrementAndGet();
                        while (arrived.get() < threads) {
                            Thread.yield();
                        }
                        work.accept(index);
                        atWork.decrementAndGet();
                    },
                    "tck-race-" + i);
            thread.setDaemon(true);
            running.add(thread);
        }
        running.forEach(Thread::start);
        join(running);
    }

    private void counted(Step step, int thread, int round) {
        boolean met = inFlight.incrementAndGet() > 1;
        // Where threads are more than processors, one would go through all its steps before the next one has its turn.
        Thread.yield();
        try {
            step.run(thread, round);
        } catch (Throwable error) {
            errors.add(error);
        } finally {
            if (inFlight.decrementAndGet() > 0 || met) {
                overlaps.incrementAndGet();
            }
            marks.incrementAndGet();
        }
    }

    private void join(List<Thread> running) {
        long bound = setting.bounds().eventually().multipliedBy(6).toNanos();
        long patience = setting.bounds().patience().toNanos();
        long start = System.nanoTime();
        long failed = Long.MAX_VALUE;
        while (running.stream().anyMatch(Thread::isAlive)) {
            long passed = System.nanoTime() - start;
            if (!errors.isEmpty()) {
                failed = Math.min(failed, passed);
                if (passed - failed > patience) {
                    // They may wait for what the one that failed still holds; what that one saw is the news.
                    running.forEach(Thread::interrupt);
                    return;
                }
            } else if (passed > bound) {
                throw new AssertionError("a thread hangs: "
                        + running.stream()
                                .filter(Thread::isAlive)
                                .map(Race::where)
                                .toList());
            }
            setting.passage().idle();
        }
    }

    private static String where(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        return thread.getName() + (stack.length == 0 ? "" : " at " + stack[0]);
    }

    private void requireMeaning() {
        Throwable first = errors.peek();
        if (first instanceof Error error) {
            throw error;
        }
        if (first != null) {
            throw new AssertionError("a thread of the race failed: " + first, first);
        }
        if (overlaps.get() < ENOUGH) {
            throw new Inconclusive("only " + overlaps.get() + " steps were under way at the same time as another");
        }
    }
}
