package dev.holdfast.benchmarks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What is done in scenarios, whoever does it. */
final class Works {
    /** Keys and locks of all contenders begin so, and are deleted by it. */
    static final String PREFIX = "holdfast-bench:";

    static final int KEYS = 10_000;
    private static final int NAMES_OF_A_THREAD = 100;
    private static final int ASYNC_TOGETHER = 2_000;
    private static final int TOGETHER = 100;
    private static final int COLLECTIONS = 4;
    private static final int TURNS = 1_000;
    private static final int LOOKED_AT = 100;
    /** Of fewer the heap cannot be told from all else that is there. */
    private static final int HELD_FOR_HEAP = 10_000;

    private static final Duration TTL = Duration.ofHours(1);
    private static final AtomicInteger HOLDERS = new AtomicInteger();

    private Works() {}

    /** Opens something; for lambdas. */
    interface Opening<T> {
        T open() throws Exception;
    }

    /** Does something with a client. */
    private interface Step {
        int run(int thread, long step) throws Exception;
    }

    private record Closing(Step step, AutoCloseable client) implements Work {
        @Override
        public int once(int thread, long number) throws Exception {
            return step.run(thread, number);
        }

        @Override
        public void close() throws Exception {
            client.close();
        }
    }

    static List<byte[]> keys(int count) {
        List<byte[]> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keys.add((PREFIX + i).getBytes(StandardCharsets.US_ASCII));
        }
        return keys;
    }

    /** Noise: nothing on the way can make it smaller. */
    static byte[] value(int length) {
        byte[] value = new byte[length];
        new Random(length).nextBytes(value);
        return value;
    }

    private static byte[] key(List<byte[]> keys, int thread, long step) {
        return keys.get((int) ((thread * 7_919L + step) % keys.size()));
    }

    static Work.Opening puts(List<byte[]> keys, byte[] value, Opening<StateClient> opening) {
        return () -> {
            StateClient client = opening.open();
            return new Closing(
                    (thread, step) -> {
                        client.put(key(keys, thread, step), value);
                        return 1;
                    },
                    client);
        };
    }

    /** Gets of keys that were put before. */
    static Work.Opening gets(List<byte[]> keys, byte[] value, Opening<StateClient> opening) {
        return () -> {
            StateClient client = filled(keys, value, opening);
            return new Closing(
                    (thread, step) -> {
                        byte[] found = client.get(key(keys, thread, step));
                        if (found == null || found.length != value.length) {
                            throw new IllegalStateException("the value is not there");
                        }
                        return 1;
                    },
                    client);
        };
    }

    private static StateClient filled(List<byte[]> keys, byte[] value, Opening<StateClient> opening) throws Exception {
        StateClient client = opening.open();
        for (int from = 0; from < keys.size(); from += 1_000) {
            client.puttingAll(keys.subList(from, Math.min(keys.size(), from + 1_000)), value)
                    .run();
        }
        return client;
    }

    /** One batch after the other, each of the same keys. */
    static Work.Opening batches(List<byte[]> keys, byte[] value, Opening<StateClient> opening) {
        return batches(keys.size(), opening, client -> client.puttingAll(keys, value));
    }

    /** The same with a time to live that no measurement sees the end of. */
    static Work.Opening endingBatches(List<byte[]> keys, byte[] value, Opening<StateClient> opening) {
        return batches(keys.size(), opening, client -> client.puttingAll(keys, value, TTL));
    }

    private static Work.Opening batches(
            int keys, Opening<StateClient> opening, Function<StateClient, StateClient.Batch> making) {
        return () -> {
            StateClient client = opening.open();
            StateClient.Batch batch = making.apply(client);
            return new Closing(
                    (thread, step) -> {
                        batch.run();
                        return keys;
                    },
                    client);
        };
    }

    /** The same keys, one put after the other. */
    static Work.Opening oneByOne(List<byte[]> keys, byte[] value, Opening<StateClient> opening) {
        return () -> {
            StateClient client = opening.open();
            return new Closing(
                    (thread, step) -> {
                        for (byte[] key : keys) {
                            client.put(key, value);
                        }
                        return keys.size();
                    },
                    client);
        };
    }

    /** Gets begun without waiting, so many on their way at any time: the next begins when one has ended. */
    static Work.Opening inFlight(int depth, List<byte[]> keys, byte[] value, Opening<StateClient> opening) {
        return () -> {
            StateClient client = filled(keys, value, opening);
            return new Closing(
                    (thread, step) -> {
                        Semaphore room = new Semaphore(depth);
                        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
                        for (int i = 0; i < ASYNC_TOGETHER; i++) {
                            room.acquire();
                            client.getAsync(key(keys, thread, i)).whenComplete((answer, error) -> {
                                if (error != null) {
                                    failure.set(error);
                                }
                                room.release();
                            });
                        }
                        room.acquire(depth);
                        Throwable failed = failure.get();
                        if (failed != null) {
                            throw new IllegalStateException(failed);
                        }
                        return ASYNC_TOGETHER;
                    },
                    client);
        };
    }

    /** Locks that nobody else wants: each thread takes and gives back its own names, one after the other. */
    static Work.Opening freeLocks(Opening<LockClient> opening) {
        return () -> {
            LockClient client = opening.open();
            return new Closing(
                    (thread, step) -> {
                        client.take(PREFIX + "free/" + thread + "/" + step % NAMES_OF_A_THREAD)
                                .release();
                        return 1;
                    },
                    client);
        };
    }

    /** One lock that all threads want, held for a while each time; threads are spread over clients, which know nothing of each other. */
    static Work.Opening oneLock(int clients, long heldNanos, Opening<LockClient> opening) {
        return () -> {
            List<LockClient> opened = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                opened.add(opening.open());
            }
            return new OneLock(opened, heldNanos);
        };
    }

    private static final class OneLock implements Work {
        private final List<LockClient> clients;
        private final long heldNanos;
        private final AtomicInteger inside = new AtomicInteger();
        /** When the last holder began to give back; this and the histograms are for holders, one after the other. */
        private volatile long released;

        private final Histogram handOvers = new Histogram(3);
        private final Histogram waits = new Histogram(3);

        OneLock(List<LockClient> clients, long heldNanos) {
            this.clients = clients;
            this.heldNanos = heldNanos;
        }

        @Override
        public int once(int thread, long step) throws Exception {
            long asked = System.nanoTime();
            LockClient.Taken taken = clients.get(thread % clients.size()).take(PREFIX + "one");
            long now = System.nanoTime();
            if (inside.getAndIncrement() != 0) {
                throw new IllegalStateException("two hold one lock");
            }
            if (released != 0) {
                handOvers.recordValue(Math.max(0, now - released));
            }
            waits.recordValue(now - asked);
            if (heldNanos > 0) {
                LockSupport.parkNanos(heldNanos);
            }
            inside.decrementAndGet();
            released = System.nanoTime();
            taken.release();
            return 1;
        }

        @Override
        public Waits waits() {
            Waits seen = handOvers.getTotalCount() == 0
                    ? Waits.NONE
                    : new Waits(handOvers.getValueAtPercentile(50) / 1e3, waits.getValueAtPercentile(99) / 1e3);
            handOvers.reset();
            waits.reset();
            released = 0;
            return seen;
        }

        @Override
        public void close() throws Exception {
            for (LockClient client : clients) {
                client.close();
            }
        }
    }

    interface Holding extends AutoCloseable {
        /** Takes so many locks that renew themselves, and answers what they are: kept as long as they are held. */
        List<?> take(String names, int count) throws Exception;

        /** Takes a lock and gives it back. */
        void turn(String name) throws Exception;

        /** Asks the store. */
        boolean isLocked(String name) throws Exception;
    }

    /** Locks that are held and renewed; an operation is a second of all of them. */
    static Work.Opening held(int count, Opening<Holding> opening) {
        return () -> {
            Holding client = opening.open();
            // What the first makes is made once, however many follow.
            String names = PREFIX + "held/" + HOLDERS.getAndIncrement() + "/";
            List<?> first = client.take(names + "first/", 1);
            for (int warmUp = 0; warmUp < 2; warmUp++) {
                turnNanos(client, names);
            }
            double turnBefore = turnNanos(client, names);
            long before = heapBytes();
            long asked = System.nanoTime();
            List<?> taken = client.take(names, count);
            double takenMillis = (System.nanoTime() - asked) / 1e6;
            double each = Math.max(0, heapBytes() - before) / (double) count;
            Work.Held held = new Work.Held(
                    takenMillis, turnNanos(client, names) / turnBefore, count < HELD_FOR_HEAP ? Double.NaN : each);
            return new Work() {
                @Override
                public int once(int thread, long step) throws Exception {
                    Thread.sleep(1_000);
                    return 1;
                }

                @Override
                public Held held() {
                    return held;
                }

                @Override
                public void close() throws Exception {
                    try (client) {
                        // Who has lost them does nothing, and would be cheapest of all.
                        for (int i = 0; i < count; i += Math.max(1, count / LOOKED_AT)) {
                            if (taken.size() != count || first.isEmpty() || !client.isLocked(names + i)) {
                                throw new IllegalStateException("the locks were not held until the end");
                            }
                        }
                    }
                }
            };
        };
    }

    /** The median of a thousand. */
    private static double turnNanos(Holding client, String names) throws Exception {
        double[] nanos = new double[TURNS];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            client.turn(names + "turn/" + i);
            nanos[i] = System.nanoTime() - start;
        }
        return Median.of(nanos);
    }

    /** After as many collections as it takes to be rid of what cleans up after itself. */
    private static long heapBytes() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            Thread.sleep(50);
        }
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** A hundred of them in a row, where one takes less than a look at the clock. */
    static Work.Opening together(Work.Opening opening) {
        return () -> {
            Work work = opening.open();
            return new Closing(
                    (thread, step) -> {
                        int operations = 0;
                        for (int i = 0; i < TOGETHER; i++) {
                            operations += work.once(thread, step * TOGETHER + i);
                        }
                        return operations;
                    },
                    work);
        };
    }
}
