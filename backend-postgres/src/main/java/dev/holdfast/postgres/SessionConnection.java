package dev.holdfast.postgres;

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
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.LeaseId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What a {@link LockSession} does on one connection, from its opening to its loss: ends, grants and signs of life, each for many names at
 * once. Used by the thread that has the session's lane.
 */
final class SessionConnection {
    /**
     * How often one asks that finds nobody in the way in the table. The second time its place in the queue can be seen by everybody, so
     * whoever ends a hold that is not written down either came before that, or tells those who wait.
     */
    private static final int ROUNDS = 2;
    /** A session without locks and commands for so long is closed. */
    private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final LockSession session;
    private final SessionLockStore store;
    private final Connection connection;
    private final Reservation reservation;
    /** What the last sign of life brought; it rises when something happened to what is held. */
    private long word;

    private long lastUsed;

    private SessionConnection(LockSession session, SessionLockStore store, Connection connection) {
        this.session = session;
        this.store = store;
        this.connection = connection;
        reservation = new Reservation(connection, store.table, store.database);
        lastUsed = session.sent();
    }

    /** Opens a session of the server, which from now on ends it when it hears nothing of us. */
    static SessionConnection open(LockSession session, SessionLockStore store) {
        Connection made = store.database.session("locks", session::look);
        session.sending();
        try {
            store.holders.configure(made, store.database.serverVersion());
            store.holders.clear(made, session.id);
            store.holders.register(made, session.id, store.table);
        } catch (SQLException failed) {
            Database.closeQuietly(made);
            BackendException told = PostgresErrors.ofRead(failed);
            // What is refused will be refused again.
            throw told instanceof BackendRejectedException
                    ? told
                    : new BackendUnavailableException("no session for locks: " + told.getMessage(), failed);
        } catch (RuntimeException refused) {
            Database.closeQuietly(made);
            throw refused;
        }
        return new SessionConnection(session, store, made);
    }

    void close() {
        Database.closeQuietly(connection);
    }

    /** Sees to it that the server's table of locks has room for what a wave takes; what it has none for is refused. */
    void reserve(Wave wave, Transport.Replies<Object> replies) {
        int held = session.holds.size();
        if (reservation.hasRoomFor(held + wave.grants.size())) {
            return;
        }
        List<Placed<Grant>> taking = new ArrayList<>(wave.grants.size());
        wave.grants.removeIf(one -> store.entered(one.command().name()).leaseId == null && taking.add(one));
        session.step(taking, replies, () -> {
            int room = (int) Math.min(taking.size(), reservation.extend(held, held + taking.size()) - held);
            wave.grants.addAll(taking.subList(0, room));
            if (room < taking.size()) {
                BackendException full = store.table.full();
                taking.subList(room, taking.size()).forEach(one -> replies.error(one.index(), full));
            }
        });
    }

    // --- Short steps

    /** Does, and takes out of the wave, what needs no row: ends of holds that are not written down, and grants of names that seem free. */
    void stepShortly(Wave wave, Transport.Replies<Object> replies) {
        List<Placed<End>> ends = new ArrayList<>(wave.ends.size());
        List<Placed<Grant>> grants = new ArrayList<>(wave.grants.size());
        wave.ends.removeIf(one -> isShort(one.command()) && ends.add(one));
        wave.grants.removeIf(one -> isShort(one.command()) && grants.add(one));
        List<Placed<? extends LockCommand>> both = new ArrayList<>(ends.size() + grants.size());
        both.addAll(ends);
        both.addAll(grants);
        session.step(both, replies, () -> stepShortly(ends, grants, replies));
    }

    private boolean isShort(End end) {
        Held held = store.held(end.name());
        return !end.cancels() && end.offerTo() == null && held != null && held.isHeldBy(end.leaseId()) && !held.written;
    }

    private boolean isShort(Grant grant) {
        Held held = store.entered(grant.name());
        return held.leaseId == null && grant.request().above() == 0 && store.claim(held);
    }

    private void stepShortly(List<Placed<End>> ends, List<Placed<Grant>> grants, Transport.Replies<Object> replies)
            throws SQLException {
        List<Grant> wanted = grants.stream().map(Placed::command).toList();
        Stepped done;
        try {
            done = store.statements.step(
                    connection, ends.stream().map(Placed::command).toList(), wanted);
        } catch (SQLException failed) {
            wanted.forEach(this::unclaim);
            unlock(wanted, failed);
            // A grant may be to blame, and who ends a hold must not suffer for it. Whatever it was, the lock may be
            // given back.
            session.step(ends, replies, () -> end(ends, replies));
            throw failed;
        }
        if (done == null) {
            wanted.forEach(this::unclaim);
            end(ends, replies);
            grant(grants, replies);
            return;
        }
        for (Placed<End> one : ends) {
            session.forget(store.entered(one.command().name()));
            replies.reply(one.index(), ReleaseReply.RELEASED);
        }
        List<Placed<Grant>> refused = new ArrayList<>(0);
        for (int i = 0; i < wanted.size(); i++) {
            Placed<Grant> one = grants.get(i);
            long number = done.grants().get(i);
            if (number > 0) {
                lastUsed = session.sent();
                hold(one.command(), number, false, false);
                replies.reply(one.index(), GrantReply.granted(number, false));
            } else {
                // Somebody is in the way, and a place in the queue perhaps wanted.
                unclaim(one.command());
                refused.add(one);
            }
        }
        if (done.waited()) {
            store.statements.pass(connection, ends.stream().map(Placed::command).toList());
        }
        grant(refused, replies);
    }

    /** Writes holds down for others to see. */
    private void write(List<Held> asked) throws SQLException {
        List<Held> young = asked.stream().filter(held -> !held.written).toList();
        if (young.isEmpty()) {
            return;
        }
        long now = store.time.nanos();
        long[] leftMillis = young.stream()
                .mapToLong(held -> TimeUnit.NANOSECONDS.toMillis(held.deadline - now))
                .toArray();
        Set<Long> contended = store.statements.write(connection, young, leftMillis, session.id);
        for (Held held : young) {
            held.written = true;
            if (contended.contains(held.key)) {
                store.contended(held.name);
            }
        }
    }

    // --- Ends

    /** Ends holds, and waits. */
    void end(List<Placed<End>> asked, Transport.Replies<Object> replies) throws SQLException {
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
            store.statements.unqueue(connection, cancels);
        }
        if (!ends.isEmpty()) {
            end(ends);
        }
        for (Placed<End> one : asked) {
            End end = one.command();
            replies.reply(one.index(), ends.contains(end) ? ReleaseReply.RELEASED : unheld(end));
        }
    }

    private void end(List<End> ends) throws SQLException {
        try {
            endAll(ends);
        } catch (SQLException failed) {
            ends.forEach(this::doubt);
            throw failed;
        }
    }

    /** A statement that failed is undone, but for the lock it may have given back: what others may hold is over, and is ended again. */
    private void doubt(End end) {
        Held held = store.held(end.name());
        if (held != null && held.isHeldBy(end.leaseId())) {
            held.deadline = store.time.nanos();
            store.gone(end.name(), end.leaseId());
        }
    }

    private void endAll(List<End> ends) throws SQLException {
        List<End> offered = ends.stream().filter(one -> one.offerMillis() > 0).toList();
        write(offered.stream().map(one -> store.entered(one.name())).toList());
        boolean waited = store.statements.endQuietly(connection, ends, row -> {});
        if (!offered.isEmpty()) {
            unlock(offered.stream().mapToLong(End::key).toArray());
        }
        if (waited) {
            store.statements.pass(connection, ends);
        }
        for (End end : ends) {
            Held held = store.held(end.name());
            if (held != null && held.isHeldBy(end.leaseId())) {
                session.forget(held);
            }
        }
    }

    private ReleaseReply unheld(End end) {
        Held held = store.held(end.name());
        return held == null || held.leaseId == null ? ReleaseReply.NOT_HELD : ReleaseReply.HELD_BY_OTHER;
    }

    // --- Grants

    /** Grants what is free, and gives those who wait for the rest their places. */
    void grant(List<Placed<Grant>> asked, Transport.Replies<Object> replies) throws SQLException {
        lastUsed = session.sent();
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
            end(over);
            // The claims went with the holds.
            fresh.forEach(one -> store.claim(store.entered(one.command().name())));
        }
        if (!own.isEmpty()) {
            again(own, replies);
        }
        for (int round = 1; ; round++) {
            busy.addAll(fresh(fresh, replies));
            fresh = queued(busy, replies, round < ROUNDS);
            if (fresh.isEmpty()) {
                return;
            }
            busy.clear();
        }
    }

    /** Tries to take names; those that were not granted. */
    private List<Placed<Grant>> fresh(List<Placed<Grant>> asked, Transport.Replies<Object> replies)
            throws SQLException {
        if (asked.isEmpty()) {
            return asked;
        }
        List<Grant> grants = asked.stream().map(Placed::command).toList();
        List<Granted> answers;
        try {
            answers = store.statements.grant(connection, grants, session.id);
        } catch (SQLException failed) {
            grants.forEach(this::unclaim);
            unlock(grants, failed);
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
        held.deadline = store.time.nanos()
                + TimeUnit.MILLISECONDS.toNanos(grant.request().ttlMillis());
        held.contended = contended;
        held.leaseId = grant.leaseId();
        // Before the engine is told, which looks at it.
        session.heard();
        session.holds.put(held.key, held);
    }

    private void unclaim(Grant grant) {
        store.owners.remove(grant.key(), store.entered(grant.name()));
    }

    /** A statement that failed is undone, but for its advisory locks. */
    private void unlock(List<Grant> grants, SQLException failed) {
        if (PostgresErrors.isLost(failed) || grants.isEmpty()) {
            return;
        }
        try {
            unlock(grants.stream().mapToLong(Grant::key).toArray());
        } catch (SQLException worse) {
            // Rather no lock than one that nobody knows of.
            failed.addSuppressed(worse);
            session.lose(worse);
        }
    }

    private void unlock(long[] keys) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("select pg_advisory_unlock(key) from unnest(?::bigint[]) as key")) {
            statement.setObject(1, keys);
            statement.execute();
        }
    }

    private void again(List<Placed<Grant>> own, Transport.Replies<Object> replies) throws SQLException {
        List<Grant> grants = own.stream().map(Placed::command).toList();
        write(grants.stream().map(one -> store.entered(one.name())).toList());
        List<Granted> answers = store.statements.again(connection, grants);
        for (int i = 0; i < answers.size(); i++) {
            Grant grant = grants.get(i);
            Held held = store.entered(grant.name());
            Granted answer = answers.get(i);
            if (answer.grant == 0) {
                // Somebody deleted the row, and nobody else would see this hold.
                end(List.of(new End(grant.name(), grant.key(), grant.leaseId(), null, 0, false)));
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
    private List<Placed<Grant>> queued(List<Placed<Grant>> busy, Transport.Replies<Object> replies, boolean again)
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
                connection, waiting.stream().map(Placed::command).toList(), store.client);
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
            store.statements.contend(connection, unseen);
        }
        return left;
    }

    // --- Signs of life

    /**
     * Tells the server and others that the session is there, renews, and writes down what is held.
     *
     * @param accompanied whether commands of another kind come behind, for which the session must stay open
     */
    void beat(List<Placed<Beat>> beats, boolean accompanied, Transport.Replies<Object> replies) throws SQLException {
        boolean renewing =
                beats.stream().anyMatch(one -> !one.command().renewals().isEmpty());
        boolean idle = session.holds.isEmpty() && store.time.nanos() - lastUsed > IDLE_NANOS;
        if (idle && !renewing && !accompanied) {
            session.closeIdle();
            beats.forEach(one -> replies.reply(one.index(), List.of()));
            return;
        }
        long now = store.holders.beat(connection, session.id, session.holds.size(), store.table);
        reservation.shrink(session.holds.size());
        for (Placed<Beat> one : beats) {
            List<RenewReply> answers = new ArrayList<>(one.command().renewals().size());
            for (Renewal renewal : one.command().renewals()) {
                answers.add(renewed(renewal));
            }
            replies.reply(one.index(), answers);
        }
        // In the end, for these may have to wait for somebody who has locked the table, and be broken off; then the
        // next beat does it.
        if (now != word) {
            news();
            word = now;
        }
        long over = store.time.nanos();
        write(session.holds.values().stream().filter(held -> !held.isOver(over)).toList());
    }

    private RenewReply renewed(Renewal renewal) {
        Held held = store.held(renewal.name());
        long now = store.time.nanos();
        if (held == null || held.session != session || !held.isHeldBy(renewal.leaseId()) || held.isOver(now)) {
            return RenewReply.GONE;
        }
        held.deadline = now + TimeUnit.MILLISECONDS.toNanos(renewal.ttlMillis());
        return held.contended ? RenewReply.CONTENDED : RenewReply.RENEWED;
    }

    private void news() throws SQLException {
        long[] keys = session.holds.keySet().stream().mapToLong(Long::longValue).toArray();
        for (News one : store.statements.news(connection, keys, session.id)) {
            Held held = session.holds.get(one.key());
            if (held != null && held.isHeldBy(one.leaseId())) {
                held.contended |= one.contended();
                if (one.forced()) {
                    store.forced(held.name, one.leaseId());
                }
            }
        }
    }
}
