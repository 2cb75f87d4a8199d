package dev.holdfast.tck;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

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

    private final RuleSetting setting;
    private final int threads;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger overlaps = new AtomicInteger();
    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();

    Race(RuleSetting setting, int threads) {
        this.setting = setting;
        this.threads = threads;
    }

    /**
     * Runs rounds in step: {@code before} alone, then {@code step} on all threads at once, then {@code after} alone. Goes on past
     * {@code rounds} until the threads met often enough, ten times as long at most.
     */
    void inRounds(int rounds, IntConsumer before, Step step, IntConsumer after) {
        AtomicInteger round = new AtomicInteger(-1);
        AtomicInteger ended = new AtomicInteger();
        List<Thread> running = begin(thread -> {
            for (int mine = 0; awaitRound(round, mine); mine++) {
                counted(step, thread, mine);
                ended.incrementAndGet();
            }
        });
        try {
            for (int i = 0; i < rounds * 10 && (i < rounds || overlaps.get() < ENOUGH) && errors.isEmpty(); i++) {
                before.accept(i);
                round.set(i);
                awaitEnded(ended, threads * (i + 1));
                if (errors.isEmpty()) {
                    after.accept(i);
                }
            }
        } finally {
            round.set(Integer.MAX_VALUE);
            join(running);
        }
        requireMeaning();
    }

    /** Runs {@code steps} steps on each thread, as fast as each can. */
    void freely(int steps, Step step) {
        join(begin(thread -> {
            for (int i = 0; i < steps && errors.isEmpty(); i++) {
                counted(step, thread, i);
            }
        }));
        requireMeaning();
    }

    private void awaitEnded(AtomicInteger ended, int wanted) {
        long start = System.nanoTime();
        while (ended.get() < wanted) {
            long waited = System.nanoTime() - start;
            if (waited > setting.bounds().eventually().toNanos()) {
                throw new AssertionError("a thread of the race hangs");
            }
            if (waited > TimeUnit.MILLISECONDS.toNanos(1)) {
                setting.passage().idle();
            } else {
                Thread.yield();
            }
        }
    }

    private void counted(Step step, int thread, int round) {
        boolean met = inFlight.incrementAndGet() > 1;
        try {
            step.run(thread, round);
        } catch (Throwable error) {
            errors.add(error);
        } finally {
            if (inFlight.decrementAndGet() > 0 || met) {
                overlaps.incrementAndGet();
            }
        }
    }

    private static boolean awaitRound(AtomicInteger round, int wanted) {
        for (int spins = 0; round.get() < wanted; spins++) {
            if (spins < 200) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        return round.get() != Integer.MAX_VALUE;
    }

    private List<Thread> begin(IntConsumer work) {
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int index = i;
            Thread thread = new Thread(() -> work.accept(index), "tck-race-" + i);
            thread.setDaemon(true);
            running.add(thread);
        }
        running.forEach(Thread::start);
        return running;
    }

    private void join(List<Thread> running) {
        long bound = setting.bounds().eventually().multipliedBy(6).toNanos();
        long start = System.nanoTime();
        while (running.stream().anyMatch(Thread::isAlive)) {
            if (System.nanoTime() - start > bound) {
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
            throw new Inconclusive("only " + overlaps.get() + " operations ran at the same time as another");
        }
    }
}
