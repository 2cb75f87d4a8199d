package dev.holdfast.postgres;

import dev.holdfast.combine.Combiner;
import dev.holdfast.combine.Transport;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.postgres.LockCommand.Beat;
import dev.holdfast.postgres.LockCommand.End;
import dev.holdfast.postgres.LockCommand.Grant;
import dev.holdfast.postgres.LockCommand.Placed;
import dev.holdfast.postgres.LockCommand.Wave;
import dev.holdfast.postgres.LockStatements.Granted;
import dev.holdfast.postgres.LockStatements.News;
import dev.holdfast.postgres.LockStatements.Stepped;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.OutcomeUnknownException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * and every second at least, keeps it. So whatever happens to this process, its locks are free after that time. Every command that the server answered is a sign
 * of life too.
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
    /**
     * How often one asks that finds nobody in the way in the table. The second time its place in the queue can be seen by everybody, so
     * whoever ends a hold that is not written down either came before that, or tells those who wait.
     */
    private static final int ROUNDS = 2;
    /** A session without locks and commands for so long is closed. */
    private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** A session that was ended is found out within this, long before its timeout. */
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How long a release waits for company. */
    private static final long POST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int MOST_POSTED = 64;

    private final SessionLockStore store;
    private final long id;
    private final Combiner<LockCommand, Object> lane;
    /** How many names this session serves. */
    final AtomicInteger names = new AtomicInteger();
    /** The names that this session holds, and whose deadlines are watched. */
    private final Map<Long, Held> holds = new ConcurrentHashMap<>();

    // The lane's own.
    private @Nullable Connection connection;
    private long word;
    private long lastUsed;
    private long sent;
    private List<Told> posted = new ArrayList<>();

    private volatile long postedSince;
    private final AtomicBoolean collecting = new AtomicBoolean();
    private volatile boolean open;
    private volatile long assuredUntil;
    private volatile boolean ticking;

    LockSession(SessionLockStore store, long id) {
        this.store = store;
        this.id = id;
        this.lane = new Combiner<>(1, MAX_BATCH, MAX_QUEUE, this, store.flushers);
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
            ticking = false;
            return;
        }
        long now = store.time.nanos();
        for (Held held : holds.values()) {
            LeaseId over = held.leaseId;
            if (over != null && held.isOver(now)) {
                store.end(held.name, over);
            }
        }
        look();
        schedule();
    }

    /** Finds out whether the session is there; whoever asks need not wait. */
    void look() {
        if (open) {
            lane.call(new Beat(List.of()), 0).start();
        }
    }

    private void schedule() {
        ticking = true;
        long now = store.time.nanos();
        long next = Math.min(store.timeoutNanos / 3, LOOK_NANOS);
        for (Held held : holds.values()) {
            next = Math.min(next, held.deadline - now);
        }
        store.time.schedule(Math.max(1_000_000, next), this::tick);
    }

    /** Looks in time at a lease that ends before the next heartbeat. */
    private void watch(Held held, long now) {
        long left = held.deadline - now;
        if (left < store.timeoutNanos / 3) {
            store.time.schedule(Math.max(1_000_000, left), () -> {
                LeaseId over = held.leaseId;
                if (over != null && held.isOver(store.time.nanos())) {
                    store.end(held.name, over);
                }
            });
        }
    }

    /** Adds what its lane knows to numbers of the same names. */
    void tell(Map<String, Long> gauges) {
        lane.tell(gauges);
    }

    // --- The lane

    /** A command and who is to be told of it. */
    private record Told(LockCommand command, int index, Transport.Replies<Object> replies) {}

    @Override
    public void send(int number, List<LockCommand> commands, Transport.Replies<Object> replies) {
        if (posted.isEmpty()) {
            run(commands, replies);
        } else {
            add(commands, replies);
            collect(number);
        }
    }

    @Override
    public boolean post(int number, List<LockCommand> commands, Transport.Replies<Object> replies) {
        if (connection == null
                || posted.size() >= MOST_POSTED
                || !commands.stream().allMatch(this::hasTime)) {
            return false;
        }
        if (posted.isEmpty()) {
            postedSince = store.time.nanos();
        }
        add(commands, replies);
        collectLater();
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

    private void add(List<LockCommand> commands, Transport.Replies<Object> replies) {
        for (int i = 0; i < commands.size(); i++) {
            posted.add(new Told(commands.get(i), i, replies));
        }
    }

    /** One timer, however much is posted. */
    private void collectLater() {
        if (collecting.compareAndSet(false, true)) {
            store.time.schedule(POST_NANOS, () -> {
                collecting.set(false);
                long since = postedSince;
                if (since != 0 && store.time.nanos() - since >= POST_NANOS) {
                    lane.collect(0);
                } else if (since != 0) {
                    collectLater();
                }
            });
        }
    }

    @Override
    public void collect(int number) {
        List<Told> all = posted;
        if (all.isEmpty()) {
            return;
        }
        posted = new ArrayList<>();
        postedSince = 0;
        Transport.Replies<Object> replies = new Transport.Replies<>() {
            @Override
            public void reply(int index, Object reply) {
                all.get(index).replies().reply(all.get(index).index(), reply);
            }

            @Override
            public void error(int index, BackendException error) {
                all.get(index).replies().error(all.get(index).index(), error);
            }
        };
        try {
            run(all.stream().map(Told::command).toList(), replies);
        } catch (RuntimeException | Error failed) {
            BackendException error = failed instanceof BackendException known
                    ? known
                    : new OutcomeUnknownException("the reply was lost: " + failed.getMessage(), failed);
            for (int i = 0; i < all.size(); i++) {
                replies.error(i, error);
            }
            throw failed;
        }
    }

    private void run(List<LockCommand> commands, Transport.Replies<Object> replies) {
        Connection using = connected();
        for (Wave wave : Wave.of(commands)) {
            step(wave.beats, replies, () -> beat(using, wave.beats, replies));
            if (connection != null) {
                stepShortly(using, wave, replies);
            }
            step(wave.ends, replies, () -> end(using, wave.ends, replies));
            step(wave.grants, replies, () -> grant(using, wave.grants, replies));
        }
    }

    /** Statements of some commands. */
    private interface Step {
        void run() throws SQLException;
    }

    private void step(
            List<? extends Placed<? extends LockCommand>> commands, Transport.Replies<Object> replies, Step step) {
        if (commands.isEmpty()) {
            return;
        }
        if (connection == null) {
            throw new BackendUnavailableException("the session was lost before the command was sent");
        }
        sent = store.time.nanos();
        try {
            step.run();
            heard();
        } catch (SQLException failed) {
            BackendException error = PostgresErrors.ofWrite(failed);
            commands.forEach(command -> replies.error(command.index(), error));
            if (PostgresErrors.isLost(failed)) {
                lose(error);
            }
        }
    }

    private Connection connected() {
        Connection there = connection;
        if (there != null) {
            return there;
        }
        Connection made = store.database.session("locks");
        sent = store.time.nanos();
        lastUsed = sent;
        try {
            store.holders.configure(made);
            store.holders.register(made, id, store.table);
        } catch (SQLException failed) {
            quietly(made);
            throw new BackendUnavailableException(
                    "no session for locks: " + PostgresErrors.ofRead(failed).getMessage(), failed);
        } catch (RuntimeException refused) {
            quietly(made);
            throw refused;
        }
        connection = made;
        word = 0;
        open = true;
        heard();
        if (!ticking) {
            schedule();
        }
        return made;
    }

    /** The server answered what was sent last. */
    private void heard() {
        assuredUntil = sent + store.assuredNanos;
    }

    /** The server has ended the session, or will: nothing is held by it any more. */
    private void lose(@Nullable Exception reason) {
        Connection lost = connection;
        connection = null;
        open = false;
        assuredUntil = store.time.nanos();
        int had = 0;
        for (Held held : holds.values()) {
            had += forget(held) ? 1 : 0;
        }
        if (lost != null) {
            quietly(lost);
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

    private static void quietly(Connection broken) {
        try {
            broken.close();
        } catch (SQLException ignored) {
            LOG.debug("closing a broken connection", ignored);
        }
    }

    private boolean forget(Held held) {
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

    // --- Short steps

    /** Does, and takes out of the wave, what needs no row: ends of holds that are not written down, and grants of names that seem free. */
    private void stepShortly(Connection using, Wave wave, Transport.Replies<Object> replies) {
        List<Placed<End>> ends = new ArrayList<>(wave.ends.size());
        List<Placed<Grant>> grants = new ArrayList<>(wave.grants.size());
        wave.ends.removeIf(one -> isShort(one.command()) && ends.add(one));
        wave.grants.removeIf(one -> isShort(one.command(), grants.size()) && grants.add(one));
        List<Placed<? extends LockCommand>> both = new ArrayList<>(ends.size() + grants.size());
        both.addAll(ends);
        both.addAll(grants);
        step(both, replies, () -> stepShortly(using, ends, grants, replies));
    }

    private boolean isShort(End end) {
        Held held = store.held(end.name());
        return !end.cancels() && end.offerTo() == null && held != null && held.isHeldBy(end.leaseId()) && !held.written;
    }

    private boolean isShort(Grant grant, int others) {
        Held held = store.entered(grant.name());
        return held.leaseId == null
                && grant.request().above() == 0
                && store.table.hasRoomFor(others + 1)
                && store.claim(held);
    }

    private void stepShortly(
            Connection using, List<Placed<End>> ends, List<Placed<Grant>> grants, Transport.Replies<Object> replies)
            throws SQLException {
        List<Grant> wanted = grants.stream().map(Placed::command).toList();
        Stepped done;
        try {
            done = store.statements.step(
                    using, ends.stream().map(Placed::command).toList(), wanted);
        } catch (SQLException failed) {
            wanted.forEach(this::unclaim);
            unlock(using, wanted, failed);
            if (!grants.isEmpty()) {
                // A grant may be to blame; who ends a hold must not suffer for it.
                step(ends, replies, () -> end(using, ends, replies));
            }
            throw failed;
        }
        if (done == null) {
            wanted.forEach(this::unclaim);
            end(using, ends, replies);
            grant(using, grants, replies);
            return;
        }
        for (Placed<End> one : ends) {
            forget(store.entered(one.command().name()));
            replies.reply(one.index(), ReleaseReply.RELEASED);
        }
        List<Placed<Grant>> refused = new ArrayList<>(0);
        for (int i = 0; i < wanted.size(); i++) {
            Placed<Grant> one = grants.get(i);
            long number = done.grants().get(i);
            if (number > 0) {
                lastUsed = sent;
                hold(one.command(), number, false, false);
                replies.reply(one.index(), GrantReply.granted(number, false));
            } else {
                // Somebody is in the way, and a place in the queue perhaps wanted.
                unclaim(one.command());
                refused.add(one);
            }
        }
        if (done.waited()) {
            store.statements.pass(using, ends.stream().map(Placed::command).toList());
        }
        grant(using, refused, replies);
    }

    /** Writes holds down for others to see. */
    private void write(Connection using, List<Held> asked) throws SQLException {
        List<Held> young = asked.stream().filter(held -> !held.written).toList();
        if (young.isEmpty()) {
            return;
        }
        long now = store.time.nanos();
        long[] leftMillis = young.stream()
                .mapToLong(held -> TimeUnit.NANOSECONDS.toMillis(held.deadline - now))
                .toArray();
        Set<Long> contended = store.statements.write(using, young, leftMillis, id);
        for (Held held : young) {
            held.written = true;
            held.contended |= contended.contains(held.key);
        }
    }

    // --- Ends

    private void end(Connection using, List<Placed<End>> asked, Transport.Replies<Object> replies) throws SQLException {
        List<End> ends = new ArrayList<>();
        List<End> cancels = new ArrayList<>();
        for (Placed<End> one : asked) {
            End end = one.command();
            Held held = store.held(end.name());
            if (held != null && held.isHeldBy(end.leaseId())) {
                ends.add(end);
            }
            if (end.cancels()) {
                cancels.add(end);
            }
        }
        if (!cancels.isEmpty()) {
            store.statements.unqueue(using, cancels);
        }
        if (!ends.isEmpty()) {
            end(using, ends);
        }
        for (Placed<End> one : asked) {
            End end = one.command();
            replies.reply(one.index(), ends.contains(end) ? ReleaseReply.RELEASED : unheld(end));
        }
    }

    private void end(Connection using, List<End> ends) throws SQLException {
        List<End> offered = ends.stream().filter(one -> one.offerMillis() > 0).toList();
        write(using, offered.stream().map(one -> store.entered(one.name())).toList());
        boolean waited = store.statements.endQuietly(using, ends, row -> {});
        if (!offered.isEmpty()) {
            unlock(using, offered.stream().mapToLong(End::key).toArray());
        }
        if (waited) {
            store.statements.pass(using, ends);
        }
        for (End end : ends) {
            Held held = store.held(end.name());
            if (held != null && held.isHeldBy(end.leaseId())) {
                forget(held);
            }
        }
    }

    private ReleaseReply unheld(End end) {
        Held held = store.held(end.name());
        return held == null || held.leaseId == null ? ReleaseReply.NOT_HELD : ReleaseReply.HELD_BY_OTHER;
    }

    // --- Grants

    private void grant(Connection using, List<Placed<Grant>> asked, Transport.Replies<Object> replies)
            throws SQLException {
        lastUsed = sent;
        List<Placed<Grant>> own = new ArrayList<>();
        List<Placed<Grant>> fresh = new ArrayList<>();
        List<Placed<Grant>> busy = new ArrayList<>();
        List<End> over = new ArrayList<>();
        long now = store.time.nanos();
        for (Placed<Grant> one : asked) {
            Grant grant = one.command();
            Held held = store.entered(grant.name());
            LeaseId holder = held.leaseId;
            if (holder != null && held.isOver(now)) {
                over.add(new End(grant.name(), grant.key(), holder, null, 0, false));
                holder = null;
            }
            if (holder == null) {
                (store.claim(held) ? fresh : busy).add(one);
            } else {
                (holder.equals(grant.leaseId()) ? own : busy).add(one);
            }
        }
        if (!over.isEmpty()) {
            end(using, over);
            // The claims went with the holds.
            fresh.forEach(one -> store.claim(store.entered(one.command().name())));
        }
        if (!own.isEmpty()) {
            again(using, own, replies);
        }
        if (!fresh.isEmpty() && !store.table.hasRoomFor(fresh.size())) {
            BackendException full = store.table.full();
            fresh.forEach(one -> {
                unclaim(one.command());
                replies.error(one.index(), full);
            });
            fresh.clear();
        }
        for (int round = 1; ; round++) {
            busy.addAll(fresh(using, fresh, replies));
            fresh = queued(using, busy, replies, round < ROUNDS);
            if (fresh.isEmpty()) {
                return;
            }
            busy.clear();
        }
    }

    /** Tries to take names; those that were not granted. */
    private List<Placed<Grant>> fresh(Connection using, List<Placed<Grant>> asked, Transport.Replies<Object> replies)
            throws SQLException {
        if (asked.isEmpty()) {
            return asked;
        }
        List<Grant> grants = asked.stream().map(Placed::command).toList();
        List<Granted> answers;
        try {
            answers = store.statements.grant(using, grants, id);
        } catch (SQLException failed) {
            grants.forEach(this::unclaim);
            unlock(using, grants, failed);
            throw failed;
        }
        List<Placed<Grant>> refused = new ArrayList<>(0);
        for (int i = 0; i < answers.size(); i++) {
            Granted answer = answers.get(i);
            Grant grant = grants.get(i);
            if (answer.grant == 0) {
                refused.add(asked.get(i));
                unclaim(grant);
            } else {
                hold(grant, answer.grant, answer.contended, true);
                replies.reply(asked.get(i).index(), GrantReply.granted(answer.grant, answer.contended));
            }
        }
        return refused;
    }

    private void hold(Grant grant, long number, boolean contended, boolean written) {
        Held held = store.entered(grant.name());
        held.grant = grant;
        held.number = number;
        held.written = written;
        long now = store.time.nanos();
        held.deadline = now + TimeUnit.MILLISECONDS.toNanos(grant.request().ttlMillis());
        held.contended = contended;
        held.leaseId = grant.leaseId();
        // Before the engine is told, which looks at it.
        heard();
        holds.put(held.key, held);
        watch(held, now);
    }

    private void unclaim(Grant grant) {
        store.owners.remove(grant.key(), store.entered(grant.name()));
    }

    /** A statement that failed is undone, but for its advisory locks. */
    private void unlock(Connection using, List<Grant> grants, SQLException failed) {
        if (PostgresErrors.isLost(failed) || grants.isEmpty()) {
            return;
        }
        try {
            unlock(using, grants.stream().mapToLong(Grant::key).toArray());
        } catch (SQLException worse) {
            // Rather no lock than one that nobody knows of.
            failed.addSuppressed(worse);
            lose(worse);
        }
    }

    private static void unlock(Connection using, long[] keys) throws SQLException {
        try (PreparedStatement statement =
                using.prepareStatement("select pg_advisory_unlock(key) from unnest(?::bigint[]) as key")) {
            statement.setObject(1, keys);
            statement.execute();
        }
    }

    private void again(Connection using, List<Placed<Grant>> own, Transport.Replies<Object> replies)
            throws SQLException {
        List<Grant> grants = own.stream().map(Placed::command).toList();
        write(using, grants.stream().map(one -> store.entered(one.name())).toList());
        List<Granted> answers = store.again(using, grants);
        for (int i = 0; i < answers.size(); i++) {
            Grant grant = grants.get(i);
            Held held = store.entered(grant.name());
            Granted answer = answers.get(i);
            if (answer.grant == 0) {
                // Somebody deleted the row, and nobody else would see this hold.
                end(using, List.of(new End(grant.name(), grant.key(), grant.leaseId(), null, 0, false)));
                replies.reply(own.get(i).index(), GrantReply.busy(0));
                continue;
            }
            long end = store.time.nanos()
                    + TimeUnit.MILLISECONDS.toNanos(grant.request().ttlMillis());
            held.deadline = end - held.deadline > 0 ? end : held.deadline;
            held.contended = answer.contended;
            replies.reply(own.get(i).index(), GrantReply.granted(answer.grant, answer.contended));
        }
    }

    /** Tells those who were refused, having given them their places if they wait; those are left that found nobody in the way. */
    private List<Placed<Grant>> queued(
            Connection using, List<Placed<Grant>> busy, Transport.Replies<Object> replies, boolean again)
            throws SQLException {
        List<Placed<Grant>> waiting = new ArrayList<>(busy.size());
        for (Placed<Grant> one : busy) {
            if (one.command().request().waiting() == null) {
                replies.reply(one.index(), GrantReply.busy(0));
            } else {
                waiting.add(one);
            }
        }
        List<Placed<Grant>> left = new ArrayList<>(0);
        if (waiting.isEmpty()) {
            return left;
        }
        long[] remaining = store.statements.queue(
                using, waiting.stream().map(Placed::command).toList(), store.client);
        List<Grant> unseen = new ArrayList<>(0);
        for (int i = 0; i < remaining.length; i++) {
            Placed<Grant> one = waiting.get(i);
            Held held = store.entered(one.command().name());
            boolean seen = remaining[i] >= 0 || !again;
            if (!seen) {
                unseen.add(one.command());
            }
            // Never what this session has: the server would give it that again.
            if (!seen && held.leaseId == null && store.claim(held)) {
                left.add(one);
            } else {
                replies.reply(one.index(), GrantReply.busy(Math.max(0, remaining[i])));
            }
        }
        if (!unseen.isEmpty()) {
            store.statements.contend(using, unseen);
        }
        return left;
    }

    // --- Signs of life

    private void beat(Connection using, List<Placed<Beat>> beats, Transport.Replies<Object> replies)
            throws SQLException {
        boolean renewing =
                beats.stream().anyMatch(one -> !one.command().renewals().isEmpty());
        if (!renewing && holds.isEmpty() && store.time.nanos() - lastUsed > IDLE_NANOS) {
            connection = null;
            open = false;
            quietly(using);
            beats.forEach(one -> replies.reply(one.index(), List.of()));
            return;
        }
        write(using, List.copyOf(holds.values()));
        long now = store.holders.beat(using, id, holds.size(), store.table);
        if (now != word) {
            word = now;
            news(using);
        }
        for (Placed<Beat> one : beats) {
            List<RenewReply> answers = new ArrayList<>(one.command().renewals().size());
            for (Renewal renewal : one.command().renewals()) {
                answers.add(renewed(renewal));
            }
            replies.reply(one.index(), answers);
        }
    }

    private RenewReply renewed(Renewal renewal) {
        Held held = store.held(renewal.name());
        long now = store.time.nanos();
        if (held == null || held.session != this || !held.isHeldBy(renewal.leaseId()) || held.isOver(now)) {
            return RenewReply.GONE;
        }
        held.deadline = now + TimeUnit.MILLISECONDS.toNanos(renewal.ttlMillis());
        watch(held, now);
        return held.contended ? RenewReply.CONTENDED : RenewReply.RENEWED;
    }

    private void news(Connection using) throws SQLException {
        long[] keys = holds.keySet().stream().mapToLong(Long::longValue).toArray();
        for (News one : store.statements.news(using, keys, id)) {
            Held held = holds.get(one.key());
            if (held != null && held.isHeldBy(one.leaseId())) {
                held.contended |= one.contended();
                if (one.forced()) {
                    store.forced(held.name, one.leaseId());
                }
            }
        }
    }

    /** Ends what waits; the connection, and with it whatever is still held, goes when its user is done. */
    void close() {
        lane.close();
        Connection using = connection;
        if (using != null) {
            open = false;
            quietly(using);
            try {
                store.holders.forget(id);
            } catch (BackendException failed) {
                // The sweepers forget it.
                LOG.debug("a closed session stays in the table for a while", failed);
            }
        }
    }
}
