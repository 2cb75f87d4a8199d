package dev.holdfast.postgres;

import dev.holdfast.combine.Combiner;
import dev.holdfast.combine.Transport;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.postgres.LockCommand.Beat;
import dev.holdfast.postgres.LockCommand.End;
import dev.holdfast.postgres.LockCommand.Placed;
import dev.holdfast.postgres.LockCommand.Wave;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session of the server that holds advisory locks: a connection of its own, in autocommit, used by one thread at a time through a
 * lane.
 *
 * <p>The server ends a session that was silent for {@code sessionTimeout}, and with it all its locks; a heartbeat every third of that,
 * and every second at least, keeps it. So whatever happens to this process, its locks are free after that time. Every command that the
 * server answered is a sign of life too.
 *
 * <p>The server would give the session a lock again that it has already. What is held stands in {@link Held}, and is looked at first.
 *
 * <p>A release that nobody waits for is kept for a moment, and travels with the next command: one thread that takes and gives back locks
 * pays one round trip for a pair.
 */
final class LockSession implements Transport<LockCommand, Object> {
    private static final Logger LOG = LoggerFactory.getLogger(LockSession.class);

    private static final int MAX_BATCH = 1_024;
    private static final int MAX_QUEUE = 100_000;
    /** A session that was ended is found out within this at the latest, long before its timeout. */
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SessionLockStore store;
    final long id;
    private final Combiner<LockCommand, Object> lane;
    private final Posted posted;
    /** How many names this session serves. */
    final AtomicInteger names = new AtomicInteger();
    /** The names that this session holds, and whose deadlines are watched. */
    final Map<Long, Held> holds = new ConcurrentHashMap<>();

    // The lane's own.
    private volatile @Nullable SessionConnection connection;
    private long sent;

    private volatile boolean open;
    private volatile long assuredUntil;
    private final AtomicBoolean ticking = new AtomicBoolean();

    LockSession(SessionLockStore store, long id) {
        this.store = store;
        this.id = id;
        this.lane = new Combiner<>(1, MAX_BATCH, MAX_QUEUE, this, store.flushers);
        this.posted = new Posted(store.time, () -> lane.collect(0));
        assuredUntil = store.time.nanos();
    }

    Call<Object> call(LockCommand command) {
        return lane.call(command, 0);
    }

    int held() {
        return holds.size();
    }

    boolean isOpen() {
        return open;
    }

    /** For how long the server keeps this session if it hears nothing more of it. */
    long assuredNanos() {
        return assuredUntil - store.time.nanos();
    }

    // --- Time

    /** A heartbeat, or the end of what is over by our clock; the timer goes on while there is a connection. */
    private void tick() {
        if (store.isClosed() || !open) {
            ticking.set(false);
            // Opened again in this moment, by one who saw the timer at work.
            if (open) {
                beginTicking();
            }
            return;
        }
        long now = store.time.nanos();
        holds.values().forEach(held -> endIfOver(held, now));
        look();
        schedule();
    }

    /** Finds out whether the session is there; whoever asks need not wait. */
    void look() {
        if (open) {
            lane.call(new Beat(List.of()), 0).start();
        }
    }

    private void beginTicking() {
        if (!store.isClosed() && ticking.compareAndSet(false, true)) {
            schedule();
        }
    }

    /** No lease is shorter than the timeout, so each is looked at in time. */
    private void schedule() {
        long now = store.time.nanos();
        long next = Math.min(store.timeoutNanos / 3, LOOK_NANOS);
        for (Held held : holds.values()) {
            long left = held.deadline - now;
            // What is over already is being ended.
            next = left > 0 ? Math.min(next, left) : next;
        }
        store.time.schedule(Math.max(1_000_000, next), this::tick);
    }

    private void endIfOver(Held held, long now) {
        LeaseId over = held.leaseId;
        // One at a time: a server that is slow to end it must not be asked faster than it answers.
        if (over != null && held.isOver(now) && !held.ending) {
            held.ending = true;
            store.release(Release.of(held.name, over)).begin(false, (reply, error) -> held.ending = false);
        }
    }

    /** Adds what its lane knows to numbers of the same names. */
    void tell(Map<String, Long> gauges) {
        lane.tell(gauges);
    }

    // --- The lane

    @Override
    public void send(int number, List<LockCommand> commands, Transport.Replies<Object> replies) {
        if (posted.isEmpty()) {
            run(commands, replies);
        } else {
            posted.add(commands, replies);
            posted.send(this::run);
        }
    }

    @Override
    public boolean post(int number, List<LockCommand> commands, Transport.Replies<Object> replies) {
        if (connection == null || posted.isFull() || !commands.stream().allMatch(this::hasTime)) {
            return false;
        }
        posted.keep(commands, replies);
        return true;
    }

    /** Whether nobody is known to wait for what the command does. */
    private boolean hasTime(LockCommand command) {
        if (command instanceof End end && end.offerTo() == null && !end.cancels()) {
            Held held = store.held(end.name());
            return held != null && !held.contended;
        }
        return false;
    }

    @Override
    public void collect(int number) {
        posted.send(this::run);
    }

    private void run(List<LockCommand> commands, Transport.Replies<Object> replies) {
        if (connection == null && commands.stream().allMatch(Beat.class::isInstance)) {
            tellLost(commands, replies);
            return;
        }
        SessionConnection using = connected();
        for (Wave wave : Wave.of(commands)) {
            step(wave.beats, replies, () -> using.beat(wave.beats, wave.beats.size() < commands.size(), replies));
            if (connection != null) {
                using.reserve(wave, replies);
            }
            if (connection != null) {
                using.stepShortly(wave, replies);
            }
            step(wave.ends, replies, () -> using.end(wave.ends, replies));
            step(wave.grants, replies, () -> using.grant(wave.grants, replies));
        }
    }

    /** Nothing is held without a connection, and for nothing no new one is needed. */
    private static void tellLost(List<LockCommand> beats, Transport.Replies<Object> replies) {
        for (int i = 0; i < beats.size(); i++) {
            int renewals = ((Beat) beats.get(i)).renewals().size();
            replies.reply(i, Collections.nCopies(renewals, RenewReply.GONE));
        }
    }

    /** Statements of some commands. */
    interface Step {
        void run() throws SQLException;
    }

    /** Does it for commands, each of which is told if it fails; an answer is a sign that the session is there. */
    void step(List<? extends Placed<? extends LockCommand>> commands, Transport.Replies<Object> replies, Step step) {
        if (commands.isEmpty()) {
            return;
        }
        if (connection == null) {
            throw new BackendUnavailableException("the session was lost before the command was sent");
        }
        sending();
        try {
            step.run();
            heard();
        } catch (SQLException failed) {
            BackendException error = PostgresErrors.ofWrite(failed);
            commands.forEach(command -> replies.error(command.index(), error));
            if (PostgresErrors.isLost(failed)) {
                lose(error);
            } else {
                heard();
            }
        }
    }

    private SessionConnection connected() {
        SessionConnection there = connection;
        if (there != null) {
            return there;
        }
        SessionConnection made = SessionConnection.open(this, store);
        connection = made;
        open = true;
        heard();
        if (store.isClosed()) {
            // Whoever closed the store did not see this connection.
            closeIdle();
            throw new BackendClosedException();
        }
        beginTicking();
        return made;
    }

    /** Something is about to be sent. */
    void sending() {
        sent = store.time.nanos();
    }

    /** When the server was last sent something. */
    long sent() {
        return sent;
    }

    /** The server answered what was sent last. */
    void heard() {
        assuredUntil = sent + store.assuredNanos;
    }

    /** The server has ended the session, or will: nothing is held by it any more. */
    void lose(@Nullable Exception reason) {
        SessionConnection lost = connection;
        connection = null;
        open = false;
        assuredUntil = store.time.nanos();
        int had = 0;
        for (Held held : holds.values()) {
            had += forget(held) ? 1 : 0;
        }
        if (lost != null) {
            lost.close();
            if (had > 0 && !store.isClosed()) {
                LOG.warn(
                        "A session of PostgreSQL that held {} locks was lost: {}",
                        had,
                        reason == null ? "" : reason.getMessage());
                store.lost.addAndGet(had);
            }
            store.disturbed();
        }
    }

    /** Nobody needs the session for now. */
    void closeIdle() {
        SessionConnection idle = connection;
        connection = null;
        open = false;
        if (idle != null) {
            idle.close();
        }
    }

    /** What was held is held no more; whether it was. */
    boolean forget(Held held) {
        holds.remove(held.key);
        store.owners.remove(held.key, held);
        boolean had = held.leaseId != null;
        held.leaseId = null;
        held.contended = false;
        held.grant = null;
        held.written = false;
        store.forgotten(held);
        return had;
    }

    /** Ends what waits; the connection, and with it whatever is still held, goes when its user is done. */
    void close() {
        lane.close();
        SessionConnection using = connection;
        if (using != null) {
            open = false;
            using.close();
            try {
                store.holders.forget(id);
            } catch (BackendException failed) {
                // The sweepers forget it.
                LOG.debug("a closed session stays in the table for a while", failed);
            }
        }
    }
}
