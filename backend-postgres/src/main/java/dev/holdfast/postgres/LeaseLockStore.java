package dev.holdfast.postgres;

import dev.holdfast.combine.Combiner;
import dev.holdfast.combine.Transport;
import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.Release;
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
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.Time;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Locks that are rows, with leases by the server's clock. No statement depends on the one before it on its connection, so a pooler may
 * stand between.
 *
 * <p>A hold that is renewed once is tied to the heartbeat of its client from then on: it lasts for its length from the last heartbeat,
 * and renewing is writing one row, however many holds there are. Safe for use by many threads.
 */
final class LeaseLockStore extends PostgresLockStore {
    private static final int LANES = 3;
    /** Of more callers than lanes: fewer commits wait for the disk, with more in each. */
    private static final int SHARED_LANES = 2;

    private static final int MAX_BATCH = 512;
    private static final int MAX_QUEUE = 100_000;
    private static final int ROUNDS = 3;
    private static final long NEVER_BEAT = Long.MAX_VALUE;

    /** A hold that is tied to the heartbeat, as far as this process knows. */
    private static final class Tied {
        final LockName name;
        final long key;
        volatile long millis;
        volatile long deadline;
        volatile boolean contended;

        Tied(LockName name, long key) {
            this.name = name;
            this.key = key;
        }
    }

    private final long holder;
    private final Combiner<LockCommand, Object> lanes;
    // Apart, so that no renewal waits behind a grant.
    private final Combiner<LockCommand, Object> heart;
    private final AtomicReferenceArray<@Nullable Connection> connections = new AtomicReferenceArray<>(LANES + 1);
    private final AtomicBoolean warm = new AtomicBoolean();
    private final ConcurrentMap<LeaseId, Tied> tied = new ConcurrentHashMap<>();
    private long word;

    private final String lapse;
    private final String beat;
    private final String register;
    private final String tie;
    private final String force;

    LeaseLockStore(Database database, Notifications notifications, long client, Time time) {
        super(database, notifications, client, "lease", time);
        holder = client << 4;
        lanes = new Combiner<>(LANES, SHARED_LANES, MAX_BATCH, MAX_QUEUE, this::send, flushers);
        heart = new Combiner<>(1, MAX_BATCH, MAX_QUEUE, this::sendBeats, flushers);
        lapse = database.sql("lock/lease_lapse");
        beat = database.sql("lock/lease_beat");
        register = database.sql("lock/lease_register");
        tie = database.sql("lock/lease_tie");
        force = database.sql("lock/lease_force") + ";\n" + database.sql("lock/pass");
    }

    @Override
    public NonOverlap nonOverlap() {
        // A standby that is promoted may not have heard of a grant.
        return database.replicatedSynchronously() ? NonOverlap.ALWAYS : NonOverlap.UNLESS_FAILOVER;
    }

    @Override
    long key(LockName name) {
        return LockKey.of(name);
    }

    private <R> Call<R> call(long key, LockCommand command, Class<R> type) {
        return lanes.call(command, Long.hashCode(key)).map(type::cast);
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        if (!warm.get() && warm.compareAndSet(false, true)) {
            // So that the first renewal finds a connection.
            heart.call(new Beat(List.of()), 0).start();
        }
        long key = key(request.name());
        return call(key, new Grant(request, key), GrantReply.class);
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        long key = key(release.name());
        End end = new End(release.name(), key, release.leaseId(), release.offerTo(), release.offerMillis(), false);
        return call(key, end, ReleaseReply.class);
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        long key = key(name);
        return call(key, new End(name, key, leaseId, null, 0, true), ReleaseReply.class)
                .map(ended -> null);
    }

    @Override
    @SuppressWarnings("unchecked") // what a beat answers
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        return heart.call(new Beat(List.copyOf(renewals)), 0).map(answer -> (List<RenewReply>) answer);
    }

    @Override
    public int renewBatch() {
        return 100_000;
    }

    // --- Lanes

    private Connection connection(int lane) {
        Connection open = connections.get(lane);
        if (open == null) {
            open = database.session("locks");
            connections.set(lane, open);
            if (isClosed()) {
                // Whoever closed the store may not have seen this connection.
                Database.closeQuietly(open);
                throw new BackendClosedException();
            }
        }
        return open;
    }

    private BackendException failed(int lane, SQLException failed) {
        Connection broken = connections.get(lane);
        if (PostgresErrors.isLost(failed) && broken != null) {
            connections.set(lane, null);
            Database.closeQuietly(broken);
        }
        return PostgresErrors.ofWrite(failed);
    }

    private void send(int lane, List<LockCommand> commands, Transport.Replies<Object> replies) {
        Connection using = connection(lane);
        for (Wave wave : Wave.of(commands)) {
            requireConnected(lane);
            List<Granted> answers = endAndGrant(lane, using, wave, replies);
            if (answers == null) {
                requireConnected(lane);
                try {
                    end(using, wave.ends, replies);
                } catch (SQLException failed) {
                    BackendException error = failed(lane, failed);
                    wave.ends.forEach(one -> replies.error(one.index(), error));
                }
                requireConnected(lane);
            }
            try {
                grant(using, wave.grants, answers, replies);
            } catch (SQLException failed) {
                BackendException error = failed(lane, failed);
                wave.grants.forEach(one -> replies.error(one.index(), error));
            }
        }
    }

    private void requireConnected(int lane) {
        if (connections.get(lane) == null) {
            throw new BackendUnavailableException("the connection was lost before the command was sent");
        }
    }

    /**
     * Ends holds and asks for names, with one wait for the disk. Null if that has to be done one after the other: there is only one of
     * the two, or the server refused the statement, and with it did nothing.
     */
    private @Nullable List<Granted> endAndGrant(
            int lane, Connection using, Wave wave, Transport.Replies<Object> replies) {
        List<End> ends = wave.ends.stream().map(Placed::command).toList();
        if (ends.isEmpty() || wave.grants.isEmpty() || ends.stream().anyMatch(End::cancels)) {
            return null;
        }
        try {
            ReleaseReply[] found = unfound(ends);
            List<Granted> answers = statements.endAndGrant(
                    using,
                    ends,
                    row -> found(found, row),
                    wave.grants.stream().map(Placed::command).toList(),
                    holder);
            ended(wave.ends, found, replies);
            return answers;
        } catch (SQLException failed) {
            if (PostgresErrors.isLost(failed)) {
                BackendException error = failed(lane, failed);
                wave.ends.forEach(one -> replies.error(one.index(), error));
                wave.grants.forEach(one -> replies.error(one.index(), error));
            }
            return null;
        }
    }

    private void end(Connection using, List<Placed<End>> asked, Transport.Replies<Object> replies) throws SQLException {
        if (asked.isEmpty()) {
            return;
        }
        List<End> ends = asked.stream().map(Placed::command).toList();
        List<End> cancels = ends.stream().filter(End::cancels).toList();
        if (!cancels.isEmpty()) {
            statements.unqueue(using, cancels);
        }
        ReleaseReply[] found = unfound(ends);
        statements.end(using, ends, row -> found(found, row));
        ended(asked, found, replies);
    }

    private static ReleaseReply[] unfound(List<End> ends) {
        ReleaseReply[] found = new ReleaseReply[ends.size()];
        Arrays.fill(found, ReleaseReply.NOT_HELD);
        return found;
    }

    private static void found(ReleaseReply[] found, ResultSet row) throws SQLException {
        boolean other = row.getBoolean(3);
        found[row.getInt(1) - 1] =
                row.getBoolean(2) ? ReleaseReply.RELEASED : other ? ReleaseReply.HELD_BY_OTHER : ReleaseReply.NOT_HELD;
    }

    private void ended(List<Placed<End>> asked, ReleaseReply[] found, Transport.Replies<Object> replies) {
        for (int i = 0; i < found.length; i++) {
            tied.remove(asked.get(i).command().leaseId());
            replies.reply(asked.get(i).index(), found[i]);
        }
    }

    /** @param first the answers of the first round, if that was asked already */
    private void grant(
            Connection using,
            List<Placed<Grant>> asked,
            @Nullable List<Granted> first,
            Transport.Replies<Object> replies)
            throws SQLException {
        List<Placed<Grant>> left = asked;
        for (int round = 1; !left.isEmpty(); round++) {
            List<Placed<Grant>> again = new ArrayList<>(0);
            List<Placed<Grant>> waiting = new ArrayList<>(0);
            List<Granted> answers = round == 1 ? first : null;
            try {
                if (answers == null) {
                    answers = statements.grant(
                            using, left.stream().map(Placed::command).toList(), holder);
                }
            } catch (SQLException failed) {
                if (!PostgresErrors.isDeadlock(failed) || left.size() == 1) {
                    throw failed;
                }
                grantApart(using, left, replies);
                return;
            }
            for (int i = 0; i < answers.size(); i++) {
                Placed<Grant> one = left.get(i);
                Grant grant = one.command();
                Granted answer = answers.get(i);
                if (answer.grant > 0) {
                    Tied own = tied.get(grant.leaseId());
                    if (own != null) {
                        own.millis = grant.request().ttlMillis();
                        own.deadline = in(own.millis);
                    }
                    replies.reply(one.index(), GrantReply.granted(answer.grant, answer.contended));
                } else if (answer.lapsed && round < ROUNDS) {
                    lapse(using, grant.key());
                    again.add(one);
                } else if (grant.request().waiting() != null) {
                    waiting.add(one);
                } else {
                    replies.reply(one.index(), GrantReply.busy(answer.remainingMillis));
                }
            }
            if (!waiting.isEmpty()) {
                queue(using, waiting, replies, round < ROUNDS ? again : null);
            }
            left = again;
        }
    }

    /**
     * Rows that are there are locked in the order of their keys, and those that are not cannot be: a statement that ends some and makes
     * others can meet this one in a ring. The one that the server breaks off has done nothing, but asked again at once it may be faster
     * than the other wakes up, and meet it again. One name alone waits in no ring.
     */
    private void grantApart(Connection using, List<Placed<Grant>> asked, Transport.Replies<Object> replies)
            throws SQLException {
        for (Placed<Grant> one : asked) {
            try {
                grant(using, List.of(one), null, replies);
            } catch (SQLException failed) {
                if (PostgresErrors.isLost(failed)) {
                    throw failed;
                }
                replies.error(one.index(), PostgresErrors.ofWrite(failed));
            }
        }
    }

    private void queue(
            Connection using,
            List<Placed<Grant>> waiting,
            Transport.Replies<Object> replies,
            @Nullable List<Placed<Grant>> again)
            throws SQLException {
        long[] remaining =
                statements.queue(using, waiting.stream().map(Placed::command).toList(), client);
        for (int i = 0; i < remaining.length; i++) {
            if (remaining[i] < 0 && again != null) {
                again.add(waiting.get(i));
            } else {
                replies.reply(waiting.get(i).index(), GrantReply.busy(Math.max(0, remaining[i])));
            }
        }
    }

    /** One name at a time, so that no two of these wait for each other. */
    private void lapse(Connection using, long key) throws SQLException {
        try (PreparedStatement statement = using.prepareStatement(lapse)) {
            statement.setObject(1, new long[] {key});
            statement.executeUpdate();
        }
    }

    // --- The heart

    private void sendBeats(int number, List<LockCommand> commands, Transport.Replies<Object> replies) {
        int lane = LANES;
        Connection using = connection(lane);
        try {
            List<Renewal> all = new ArrayList<>();
            commands.forEach(command -> all.addAll(((Beat) command).renewals()));
            List<RenewReply> answers = renew(using, all);
            int from = 0;
            for (int i = 0; i < commands.size(); i++) {
                int to = from + ((Beat) commands.get(i)).renewals().size();
                replies.reply(i, List.copyOf(answers.subList(from, to)));
                from = to;
            }
        } catch (SQLException failed) {
            BackendException error = failed(lane, failed);
            for (int i = 0; i < commands.size(); i++) {
                replies.error(i, error);
            }
        }
    }

    private List<RenewReply> renew(Connection using, List<Renewal> renewals) throws SQLException {
        endForgotten(using);
        long sinceMillis = beat(using);
        RenewReply[] replies = new RenewReply[renewals.size()];
        Arrays.fill(replies, RenewReply.GONE);
        // Of two renewals of one hold, the later one counts.
        Map<LeaseId, Integer> loose = new HashMap<>();
        for (int i = 0; i < replies.length; i++) {
            Renewal renewal = renewals.get(i);
            Tied own = loose.containsKey(renewal.leaseId()) ? null : tied.get(renewal.leaseId());
            if (own != null && own.millis == renewal.ttlMillis() && sinceMillis < own.millis) {
                own.deadline = in(own.millis);
                replies[i] = own.contended ? RenewReply.CONTENDED : RenewReply.RENEWED;
            } else {
                loose.put(renewal.leaseId(), i);
            }
        }
        if (!loose.isEmpty()) {
            tie(
                    using,
                    renewals,
                    loose.values().stream().mapToInt(i -> i).sorted().toArray(),
                    sinceMillis,
                    replies);
            for (int i = 0; i < replies.length; i++) {
                Integer last = loose.get(renewals.get(i).leaseId());
                if (last != null && last > i) {
                    replies[i] = replies[last];
                }
            }
        }
        return List.of(replies);
    }

    /** Ends what the engine renews no more, which the heartbeat would keep for ever. */
    private void endForgotten(Connection using) throws SQLException {
        long now = time.nanos();
        List<End> over = new ArrayList<>(0);
        tied.forEach((leaseId, hold) -> {
            if (now - hold.deadline >= 0) {
                over.add(new End(hold.name, hold.key, leaseId, null, 0, false));
            }
        });
        if (!over.isEmpty()) {
            statements.end(using, over, row -> {});
            over.forEach(end -> tied.remove(end.leaseId()));
        }
    }

    /** How long ago the heartbeat before this one was. */
    private long beat(Connection using) throws SQLException {
        long sinceMillis = NEVER_BEAT;
        long now = 0;
        try (PreparedStatement statement = using.prepareStatement(beat)) {
            statement.setLong(1, holder);
            try (ResultSet answer = statement.executeQuery()) {
                if (answer.next()) {
                    now = answer.getLong(1);
                    sinceMillis = answer.getLong(2) + 1;
                }
            }
        }
        if (sinceMillis == NEVER_BEAT) {
            try (PreparedStatement statement = using.prepareStatement(register)) {
                statement.setLong(1, holder);
                statement.executeUpdate();
            }
        }
        if (now != word || sinceMillis == NEVER_BEAT) {
            news(using);
            word = now;
        }
        return sinceMillis;
    }

    /** Looks at what is tied, for something happened to it. */
    private void news(Connection using) throws SQLException {
        long[] keys = tied.values().stream().mapToLong(hold -> hold.key).toArray();
        List<LeaseId> before = List.copyOf(tied.keySet());
        Map<LeaseId, News> there = new HashMap<>();
        statements.news(using, keys, holder).forEach(one -> there.put(one.leaseId(), one));
        for (LeaseId leaseId : before) {
            News one = there.get(leaseId);
            Tied hold = tied.get(leaseId);
            if (one == null) {
                tied.remove(leaseId);
            } else if (hold != null) {
                hold.contended |= one.contended();
            }
        }
    }

    private void tie(Connection using, List<Renewal> renewals, int[] places, long sinceMillis, RenewReply[] replies)
            throws SQLException {
        int count = places.length;
        long[] keys = new long[count];
        long[] high = new long[count];
        long[] low = new long[count];
        long[] millis = new long[count];
        boolean[] live = new boolean[count];
        for (int i = 0; i < count; i++) {
            Renewal renewal = renewals.get(places[i]);
            keys[i] = key(renewal.name());
            high[i] = renewal.leaseId().high();
            low[i] = renewal.leaseId().low();
            millis[i] = renewal.ttlMillis();
            Tied own = tied.get(renewal.leaseId());
            live[i] = own != null && sinceMillis < own.millis;
        }
        try (PreparedStatement statement = using.prepareStatement(tie)) {
            statement.setObject(1, keys);
            statement.setObject(2, high);
            statement.setObject(3, low);
            statement.setObject(4, millis);
            statement.setObject(5, live);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    int i = rows.getInt(1) - 1;
                    Renewal renewal = renewals.get(places[i]);
                    Tied own = tied.computeIfAbsent(renewal.leaseId(), absent -> new Tied(renewal.name(), keys[i]));
                    own.millis = renewal.ttlMillis();
                    own.deadline = in(own.millis);
                    own.contended |= rows.getBoolean(2);
                    replies[places[i]] = own.contended ? RenewReply.CONTENDED : RenewReply.RENEWED;
                }
            }
        }
        for (int place : places) {
            if (replies[place] == RenewReply.GONE) {
                tied.remove(renewals.get(place).leaseId());
            }
        }
    }

    private long in(long millis) {
        return time.nanos() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    // --- Force

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return Call.blocking(threads, () -> database.write(connection -> force(connection, name)));
    }

    private ForceReply force(Connection connection, LockName name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(force)) {
            long key = key(name);
            statement.setLong(1, key);
            statement.setBytes(2, LockKey.bytes(name.namespace()));
            statement.setBytes(3, LockKey.bytes(name.name()));
            statement.setObject(4, new long[] {key});
            statement.setObject(5, new long[] {0});
            statement.setObject(6, new long[] {0});
            statement.execute();
            try (ResultSet ended = statement.getResultSet()) {
                return ended.next() ? ForceReply.DONE : ForceReply.NOT_HELD;
            }
        }
    }

    @Override
    void forced(LockName name, LeaseId leaseId) {
        tied.remove(leaseId);
        gone(name, leaseId);
    }

    @Override
    void contended(LockName name) {
        for (Tied hold : tied.values()) {
            if (hold.name.equals(name)) {
                hold.contended = true;
            }
        }
        super.contended(name);
    }

    @Override
    public Map<String, Long> gauges() {
        Map<String, Long> gauges = new TreeMap<>();
        gauges.put("postgres.locks.tied", (long) tied.size());
        lanes.tell(gauges);
        return gauges;
    }

    @Override
    void closing() {
        lanes.close();
        heart.close();
        for (int lane = 0; lane < connections.length(); lane++) {
            Connection open = connections.get(lane);
            if (open != null) {
                Database.closeQuietly(open);
            }
        }
    }
}
