package dev.holdfast.tck;

import dev.holdfast.event.EventStore;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.Condition;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * A store that can be broken, and a choice of ways to behave wrongly when it is. It keeps what was acknowledged, as a durable one does;
 * its replica lags behind only while replication is stalled.
 */
@SuppressWarnings("ReturnValueIgnored") // what is done late is answered to nobody
class FragileStore implements StateStore, Faults {

    /** Each is one mistake. */
    enum Mistake {
        NONE,
        FORGETS_WHEN_KILLED,
        FORGETS_WHEN_RESTARTED,
        ABSENT_WHEN_SILENT,
        REPEATS_LOST_WRITES,
        LATE_SECOND_WRITES,
        UNKNOWN_TOLD_AS_NOT_APPLIED,
        ANSWERS_OF_OTHERS_AFTER_A_CUT,
        ERRORS_OF_ITS_OWN,
        LOCKS_GO_WITH_CONNECTIONS,
        STAYS_AWAY,
        STAYS_WITH_THE_OLD_PRIMARY,
        CUTS_ARE_NOT_TOLD
    }

    private enum State {
        UP,
        DOWN,
        PAUSED,
        SWALLOWING
    }

    private static final ExecutorService CALLERS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "fragile-store");
        thread.setDaemon(true);
        return thread;
    });
    private static final Duration TIMEOUT = Duration.ofMillis(60);
    /** Long enough for every client to ask meanwhile. */
    private static final Duration DOWNTIME = Duration.ofMillis(300);

    private final Mistake mistake;
    private final StrangerBackend.MapStore primary = new StrangerBackend.MapStore();
    private final FragileEvents events = new FragileEvents();
    private final List<Runnable> asked = new ArrayList<>();
    private final AtomicInteger cut = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicReference<Stored> lastRead = new AtomicReference<>();
    private TreeMap<Key, byte[]> stalled;
    private State state = State.UP;
    private final AtomicInteger failovers = new AtomicInteger();
    private boolean losing;
    private boolean wasCut;
    private final AtomicInteger strikes = new AtomicInteger();
    private Duration delay = Duration.ZERO;
    /** By key, writes whose reply was lost and that are written again after every other. */
    private final Map<Key, Runnable> again = new HashMap<>();

    FragileStore(Mistake mistake) {
        this.mistake = mistake;
    }

    // --- The store

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.DURABLE);
    }

    @Override
    public Call<Stored> read(Space space, Key key) {
        return Call.blocking(
                CALLERS,
                () -> pass(() -> {
                    Stored read = primary.read(space, key).await();
                    boolean root = space.kind() == Space.Kind.ROOT;
                    Stored answer =
                            root && mistake == Mistake.ANSWERS_OF_OTHERS_AFTER_A_CUT && wasCut ? lastRead.get() : read;
                    if (root) {
                        lastRead.set(read);
                    }
                    return answer;
                }));
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return Call.blocking(CALLERS, () -> {
            Supplier<Boolean> write = () -> {
                boolean applied = primary.write(space, mutation).await();
                again.getOrDefault(space.encode(mutation.key()), () -> {}).run();
                return applied;
            };
            boolean root = space.kind() == Space.Kind.ROOT;
            try {
                return pass(write);
            } catch (OutcomeUnknownException unknown) {
                synchronized (this) {
                    if (root && mistake == Mistake.REPEATS_LOST_WRITES && losing) {
                        return write.get();
                    }
                    if (root && mistake == Mistake.LATE_SECOND_WRITES && mutation.condition() == Condition.ANY) {
                        again.put(space.encode(mutation.key()), () -> primary.write(space, mutation)
                                .await());
                    }
                    if (root && mistake == Mistake.UNKNOWN_TOLD_AS_NOT_APPLIED) {
                        throw new BackendUnavailableException("not applied, I believe", unknown);
                    }
                }
                throw unknown;
            }
        });
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return Call.blocking(
                CALLERS, () -> pass(() -> primary.scan(space, request).await()));
    }

    /** The way of one command to the store and back. */
    private <T> T pass(Supplier<T> command) {
        pause(delay());
        T answer;
        synchronized (this) {
            switch (state) {
                case DOWN -> {
                    if (mistake == Mistake.ERRORS_OF_ITS_OWN) {
                        throw new IllegalStateException("connection refused");
                    }
                    throw new BackendUnavailableException("the store is down", null);
                }
                case PAUSED -> asked.add(command::get);
                case SWALLOWING, UP -> {}
            }
            if (state == State.UP) {
                answer = command.get();
                if (losing) {
                    lost.incrementAndGet();
                    throw new OutcomeUnknownException("the reply was lost");
                }
                if (cut.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                    throw new OutcomeUnknownException("the connection was cut");
                }
            } else {
                answer = null;
            }
        }
        if (answer == null && state() != State.UP) {
            pause(TIMEOUT);
            if (mistake == Mistake.ABSENT_WHEN_SILENT) {
                return null;
            }
            throw new OutcomeUnknownException("no answer within " + TIMEOUT);
        }
        pause(delay());
        return answer;
    }

    private synchronized State state() {
        return state;
    }

    private synchronized Duration delay() {
        return delay;
    }

    static void pause(Duration length) {
        try {
            if (!length.isZero() && new CountDownLatch(1).await(length.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new AssertionError("a latch that nobody opens");
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is pushed over its connections. */
    EventStore events() {
        return events;
    }

    // --- The faults

    /** How often something was done to it. */
    int strikes() {
        return strikes.get();
    }

    @Override
    public Set<Kind> kinds() {
        return Set.of(Kind.values());
    }

    @Override
    public synchronized void heal() {
        boolean staysAway = mistake == Mistake.STAYS_AWAY || mistake == Mistake.STAYS_WITH_THE_OLD_PRIMARY;
        if (staysAway && state == State.DOWN) {
            return;
        }
        state = State.UP;
        losing = false;
        wasCut = false;
        cut.set(0);
        delay = Duration.ZERO;
        stalled = null;
        asked.forEach(Runnable::run);
        asked.clear();
    }

    @Override
    public void restart() {
        strikes.incrementAndGet();
        set(State.DOWN);
        pause(DOWNTIME);
        if (mistake == Mistake.FORGETS_WHEN_RESTARTED) {
            primary.map.clear();
        }
        set(State.UP);
    }

    private synchronized void set(State next) {
        state = next;
    }

    @Override
    public synchronized void kill() {
        strikes.incrementAndGet();
        state = State.DOWN;
        if (mistake == Mistake.FORGETS_WHEN_KILLED) {
            primary.map.clear();
        }
    }

    @Override
    public synchronized void pause() {
        strikes.incrementAndGet();
        state = State.PAUSED;
    }

    @Override
    public synchronized void blackHole() {
        strikes.incrementAndGet();
        state = State.SWALLOWING;
    }

    @Override
    public synchronized int cut() {
        strikes.incrementAndGet();
        cut.set(2);
        if (mistake != Mistake.CUTS_ARE_NOT_TOLD) {
            events.cut();
        }
        wasCut = true;
        if (mistake == Mistake.LOCKS_GO_WITH_CONNECTIONS) {
            primary.map.keySet().removeIf(key -> key.toBytes()[0] == 'i');
        }
        return 2;
    }

    @Override
    public synchronized void loseRepliesAfter(int bytes) {
        strikes.incrementAndGet();
        losing = true;
    }

    @Override
    public int lostReplies() {
        return lost.get();
    }

    @Override
    public synchronized void slow(Duration each) {
        strikes.incrementAndGet();
        delay = each;
    }

    @Override
    public synchronized void stallReplication() {
        stalled = new TreeMap<>(primary.map);
    }

    @Override
    public Optional<String> primary() {
        return Optional.of("server " + failovers.get());
    }

    @Override
    public synchronized void failover() {
        strikes.incrementAndGet();
        failovers.incrementAndGet();
        if (mistake == Mistake.STAYS_WITH_THE_OLD_PRIMARY) {
            state = State.DOWN;
        }
        if (stalled != null) {
            primary.map.clear();
            primary.map.putAll(stalled);
            stalled = null;
        }
    }

    @Override
    public void partition() {
        failover();
    }
}
