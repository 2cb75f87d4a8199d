package dev.holdfast.postgres;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.postgres.LockCommand.Beat;
import dev.holdfast.postgres.LockCommand.End;
import dev.holdfast.postgres.LockCommand.Grant;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Time;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Locks held by sessions of the server: advisory locks, whose names, holders and grants stand in a table for others to see.
 *
 * <p>All locks of a process are held by a few {@link LockSession}s. A session pays a little for each lock it holds on every statement,
 * so there are more of them when there are many locks. Renewing is one heartbeat for each session, whatever it holds. Safe for use by
 * many threads.
 */
final class SessionLockStore extends PostgresLockStore {
    private static final Logger LOG = LoggerFactory.getLogger(SessionLockStore.class);

    private static final int MAX_SESSIONS = 8;
    private static final int FIRST_SESSIONS = 2;
    /** A session that serves so many names gets no more while another has room: it pays for each lock it holds on every statement. */
    private static final int LOCKS_PER_SESSION = 1_500;

    /** How long it is waited for others to write down what they hold: they do so every second, asked or not. */
    private static final long WRITE_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    final long timeoutNanos;
    /** How long after it was heard the last time a session is certainly there, by our clock. */
    final long assuredNanos;

    final SessionHolders holders;
    final ServerLocks table = new ServerLocks(this::count);
    final AtomicLong lost = new AtomicLong();
    /** Who has, or tries to get, the lock of a key: the second name with one key must not be granted what the session has already. */
    final ConcurrentMap<Long, Held> owners = new ConcurrentHashMap<>();

    private final ToLongFunction<LockName> keys;
    private final List<LockSession> sessions;
    private final ConcurrentMap<LockName, Held> names = new ConcurrentHashMap<>();
    private final AtomicLong collisions = new AtomicLong();
    private final String force;

    SessionLockStore(
            Database database,
            Notifications notifications,
            long client,
            Duration timeout,
            double clockDrift,
            Time time,
            ToLongFunction<LockName> keys) {
        super(database, notifications, client, "session", time);
        this.keys = keys;
        timeoutNanos = timeout.toNanos();
        assuredNanos = (long) (timeoutNanos * (1 - clockDrift));
        holders = new SessionHolders(database, timeout);
        force = database.sql("lock/session_force");
        List<LockSession> made = new ArrayList<>();
        for (int i = 0; i < MAX_SESSIONS; i++) {
            made.add(new LockSession(this, client << 4 | i));
        }
        sessions = List.copyOf(made);
    }

    @Override
    public NonOverlap nonOverlap() {
        return NonOverlap.UNLESS_SESSION_LOSS;
    }

    // --- The table of what this process does

    private int count() {
        int held = 0;
        for (LockSession session : sessions) {
            held += session.held();
        }
        return held;
    }

    @Nullable
    Held held(LockName name) {
        return names.get(name);
    }

    /** What is known of a name that has a command on its way. */
    Held entered(LockName name) {
        return Objects.requireNonNull(names.get(name));
    }

    private Held enter(LockName name) {
        return Objects.requireNonNull(names.compute(name, (same, there) -> {
            Held held = there;
            if (held == null) {
                held = new Held(name, keys.applyAsLong(name), nextSession());
                held.session.names.incrementAndGet();
            }
            held.commands++;
            return held;
        }));
    }

    private void leave(LockName name) {
        names.computeIfPresent(name, (same, held) -> {
            held.commands--;
            return unlessOver(held);
        });
    }

    /** A hold ended without a command of its name. */
    void forgotten(Held held) {
        names.computeIfPresent(held.name, (same, there) -> unlessOver(there));
    }

    private @Nullable Held unlessOver(Held held) {
        if (held.commands > 0 || held.leaseId != null) {
            return held;
        }
        // A command that failed half way may have left its claim.
        owners.remove(held.key, held);
        held.session.names.decrementAndGet();
        return null;
    }

    /** Reserves the key of a name for it; false if another name with the same key has it. */
    boolean claim(Held held) {
        Held other = owners.putIfAbsent(held.key, held);
        if (other == null || other == held) {
            return true;
        }
        if (collisions.getAndIncrement() == 0) {
            LOG.warn(
                    "The locks {} and {} have one 64-bit hash and exclude each other; rename one",
                    held.name,
                    other.name);
        }
        return false;
    }

    /**
     * The first with room, or the second, by the thread that asks: what a thread gives back travels with what it takes next. Others are
     * opened only when those are full, so that the session that works does not pay for what is held for long.
     */
    private LockSession nextSession() {
        int before = (int) (Thread.currentThread().getId() % FIRST_SESSIONS);
        LockSession next = sessions.get(before);
        for (LockSession session : sessions) {
            if (session.names.get() < LOCKS_PER_SESSION) {
                next = session;
                if (before-- == 0) {
                    return next;
                }
            } else if (next.names.get() > session.names.get()) {
                next = session;
            }
        }
        return next;
    }

    /** A command of one name, to the session that serves it. */
    private final class Routed<C extends LockCommand, R> implements Call<R> {
        private final LockName name;
        private final Function<Held, C> command;
        private final Class<R> type;

        Routed(LockName name, Function<Held, C> command, Class<R> type) {
            this.name = name;
            this.command = command;
            this.type = type;
        }

        @Override
        public R await() {
            Held held = enter(name);
            try {
                return type.cast(held.session.call(command.apply(held)).await());
            } finally {
                leave(name);
            }
        }

        @Override
        public CompletionStage<R> start() {
            return begin(Call::start);
        }

        @Override
        public CompletionStage<R> startLazily() {
            return begin(Call::startLazily);
        }

        private CompletionStage<R> begin(Function<Call<Object>, CompletionStage<Object>> door) {
            Held held = enter(name);
            CompletionStage<Object> reply;
            try {
                reply = door.apply(held.session.call(command.apply(held)));
            } catch (RuntimeException | Error failed) {
                leave(name);
                throw failed;
            }
            CompletableFuture<R> result = new CompletableFuture<>();
            reply.whenComplete((answer, error) -> {
                leave(name);
                if (error == null) {
                    result.complete(type.cast(answer));
                } else {
                    result.completeExceptionally(error);
                }
            });
            return result;
        }
    }

    // --- Commands

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        return new Routed<>(request.name(), held -> new Grant(request, held.key), GrantReply.class);
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        return new Routed<>(
                release.name(),
                held -> new End(
                        release.name(), held.key, release.leaseId(), release.offerTo(), release.offerMillis(), false),
                ReleaseReply.class);
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        return new Routed<>(name, held -> new End(name, held.key, leaseId, null, 0, true), ReleaseReply.class)
                .map(ended -> null);
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        Map<LockSession, List<Integer>> places = new LinkedHashMap<>();
        for (int i = 0; i < renewals.size(); i++) {
            Held held = names.get(renewals.get(i).name());
            if (held != null && held.isHeldBy(renewals.get(i).leaseId())) {
                places.computeIfAbsent(held.session, absent -> new ArrayList<>())
                        .add(i);
            }
        }
        List<Call<Object>> beats = new ArrayList<>();
        places.forEach((session, list) ->
                beats.add(session.call(new Beat(list.stream().map(renewals::get).toList()))));
        return Call.outcomes(beats).map(answers -> {
            if (!answers.isEmpty() && answers.stream().allMatch(Outcome::isError)) {
                answers.get(0).get();
            }
            RenewReply[] replies = new RenewReply[renewals.size()];
            Arrays.fill(replies, RenewReply.GONE);
            int session = 0;
            for (List<Integer> list : places.values()) {
                Outcome<Object> told = answers.get(session++);
                for (int i = 0; i < list.size(); i++) {
                    replies[list.get(i)] =
                            told.isError() ? RenewReply.UNKNOWN : (RenewReply) ((List<?>) told.get()).get(i);
                }
            }
            return List.of(replies);
        });
    }

    @Override
    public long assuredNanos(LockName name, LeaseId holder) {
        Held held = names.get(name);
        return held == null || !held.isHeldBy(holder) || held.isOver(time.nanos()) ? GONE : held.session.assuredNanos();
    }

    @Override
    public int renewBatch() {
        return 100_000;
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return Call.defer(() -> {
            Held held = names.get(name);
            LeaseId holder = held == null ? null : held.leaseId;
            if (holder != null) {
                return release(Release.of(name, holder))
                        .map(reply -> reply == ReleaseReply.RELEASED ? ForceReply.DONE : ForceReply.NOT_HELD);
            }
            return Call.blocking(threads, () -> {
                boolean silent = awaitWritten(keys.applyAsLong(name));
                ForceReply told = database.write(connection -> tell(connection, name));
                // A silent session is ended by the server, and the hold with it.
                return told == ForceReply.NOT_HELD && silent ? ForceReply.PENDING : told;
            });
        });
    }

    /** Tells the holder to let go. */
    private ForceReply tell(Connection connection, LockName name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(force)) {
            statement.setLong(1, keys.applyAsLong(name));
            statement.setBytes(2, LockKey.bytes(name.namespace()));
            statement.setBytes(3, LockKey.bytes(name.name()));
            try (ResultSet told = statement.executeQuery()) {
                return told.next() ? ForceReply.PENDING : ForceReply.NOT_HELD;
            }
        }
    }

    @Override
    long key(LockName name) {
        return keys.applyAsLong(name);
    }

    // --- What others hold

    @Override
    Optional<LockInfo> found(LockName name) {
        Optional<LockInfo> found = super.found(name);
        if (found.isPresent()) {
            return found;
        }
        boolean silent = awaitWritten(key(name));
        found = super.found(name);
        // Its holder does not answer, and may be frozen: it is held, which is all that can be known.
        return found.isEmpty() && silent
                ? Optional.of(new LockInfo(name.name(), 0, "", Duration.ofNanos(timeoutNanos)))
                : found;
    }

    @Override
    void beforeList() {
        awaitWritten(null);
    }

    @Override
    void asked() {
        sessions.forEach(LockSession::look);
    }

    /**
     * Waits until the holds of now are written down, or over; for a little longer than a session takes to do so without being told. True
     * if some are not.
     *
     * @param key null: of all names
     */
    private boolean awaitWritten(@Nullable Long key) {
        long end = time.nanos() + WRITE_NANOS;
        Set<Long> first = database.write(connection -> statements.young(connection, key));
        Set<Long> left = first;
        for (long pause = 1_000_000;
                !left.isEmpty() && time.nanos() - end < 0;
                pause = Math.min(2 * pause, 100_000_000)) {
            LockSupport.parkNanos(pause);
            left = database.write(connection -> statements.young(connection, key));
            left.retainAll(first);
        }
        return !left.isEmpty();
    }

    // --- Signals

    @Override
    void contended(LockName name) {
        Held held = names.get(name);
        if (held != null && held.leaseId != null) {
            held.contended = true;
        }
        super.contended(name);
    }

    /** Somebody wants this hold ended. */
    @Override
    void forced(LockName name, LeaseId holder) {
        release(Release.of(name, holder)).start();
        // Its holder asks behind that, and knows by then why the hold is gone.
        gone(name, holder);
    }

    @Override
    public Health health() {
        long open = sessions.stream().filter(LockSession::isOpen).count();
        return table.health().and(new Health(Health.Status.UP, Map.of("postgres.lockSessions", Long.toString(open))));
    }

    @Override
    public Map<String, Long> gauges() {
        Map<String, Long> gauges = new TreeMap<>(table.gauges());
        gauges.put(
                "postgres.locks.sessions",
                sessions.stream().filter(LockSession::isOpen).count());
        sessions.forEach(session -> session.tell(gauges));
        gauges.put("postgres.locks.lost", lost.get());
        gauges.put("postgres.locks.collisions", collisions.get());
        return gauges;
    }

    /** A lost connection seldom comes alone: each session looks after itself at once. */
    @Override
    void listenerLost() {
        sessions.forEach(LockSession::look);
    }

    @Override
    void closing() {
        sessions.forEach(LockSession::close);
    }
}
