package dev.holdfast.postgres;

import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.postgres.LockCommand.End;
import dev.holdfast.postgres.LockCommand.Grant;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.state.Page;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The statements that both kinds of lock have, each for many names at once. Safe for use by many threads. */
final class LockStatements {
    private static final Logger LOG = LoggerFactory.getLogger(LockStatements.class);

    private final String grant;
    private final String end;
    private final String endAndGrant;
    private final String step;
    private final String write;
    private final String again;
    private final String contend;
    private final String young;
    private final String pass;
    private final String queue;
    private final String unqueue;
    private final String news;
    private final String find;
    private final String list;

    /** @param kind {@code session} or {@code lease} */
    LockStatements(Database database, String kind) {
        grant = database.sql("lock/" + kind + "_grant");
        pass = database.sql("lock/pass");
        end = database.sql("lock/" + kind + "_end") + ";\n" + database.sql("lock/waited");
        endAndGrant = database.sql("lock/lease_lock") + ";\n" + end + ";\n" + database.sql("lock/lease_grant");
        step = database.sql("lock/session_step");
        write = database.sql("lock/session_write");
        again = database.sql("lock/session_again");
        contend = database.sql("lock/session_contend");
        young = database.sql("lock/session_young");
        queue = database.sql("lock/queue").replace("${kind}", kind);
        unqueue = database.sql("lock/unqueue") + ";\n" + pass;
        news = database.sql("lock/news").replace("${kind}", kind);
        String holds = database.sql("lock/" + kind + "_find");
        find = holds.replace("${where}", "h.key = ? and h.namespace = ? and h.name = ?");
        list = holds.replace(
                        "${where}",
                        "h.namespace = ? and h.name >= ?\n    and (h.name > ?::bytea or ?::bytea is null) and (h.name < ?::bytea or ?::bytea is null)")
                + "\norder by h.name limit ?";
    }

    /** What became of one request. */
    static final class Granted {
        /** 0: not granted. */
        long grant;

        boolean contended;
        long remainingMillis;
        /** Whether the heartbeat of the holder in the way has stopped. */
        boolean lapsed;
    }

    /**
     * What became of a short step.
     *
     * @param grants of each name that was asked for: 0 is not granted
     * @param waited whether somebody waits for what was ended
     */
    record Stepped(List<Long> grants, boolean waited) {}

    /** One hold that something happened to. */
    record News(long key, LeaseId leaseId, boolean contended, boolean forced) {}

    private static long[] keys(List<Grant> grants) {
        return grants.stream().mapToLong(Grant::key).toArray();
    }

    private static long[] highs(List<Grant> grants) {
        return grants.stream().mapToLong(grant -> grant.leaseId().high()).toArray();
    }

    private static long[] lows(List<Grant> grants) {
        return grants.stream().mapToLong(grant -> grant.leaseId().low()).toArray();
    }

    private static byte[][] namespaces(List<Grant> grants) {
        return grants.stream()
                .map(grant -> LockKey.bytes(grant.name().namespace()))
                .toArray(byte[][]::new);
    }

    private static byte[][] names(List<Grant> grants) {
        return grants.stream().map(grant -> LockKey.bytes(grant.name().name())).toArray(byte[][]::new);
    }

    private static long[] millis(List<Grant> grants) {
        return grants.stream().mapToLong(grant -> grant.request().ttlMillis()).toArray();
    }

    private static long[] aboves(List<Grant> grants) {
        return grants.stream().mapToLong(grant -> grant.request().above()).toArray();
    }

    private static byte[][] labels(List<Grant> grants) {
        return grants.stream()
                .map(grant -> LockKey.bytes(grant.request().label()))
                .toArray(byte[][]::new);
    }

    /** Asks for names; the answers in order. */
    List<Granted> grant(Connection connection, List<Grant> grants, long holder) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(grant)) {
            bind(statement, 1, grants, holder);
            try (ResultSet rows = statement.executeQuery()) {
                return granted(rows, grants.size());
            }
        }
    }

    private static void bind(PreparedStatement statement, int from, List<Grant> grants, long holder)
            throws SQLException {
        statement.setObject(from, keys(grants));
        statement.setObject(from + 1, namespaces(grants));
        statement.setObject(from + 2, names(grants));
        statement.setObject(from + 3, highs(grants));
        statement.setObject(from + 4, lows(grants));
        statement.setObject(from + 5, millis(grants));
        statement.setObject(from + 6, aboves(grants));
        statement.setObject(from + 7, labels(grants));
        statement.setLong(from + 8, holder);
    }

    /** Rows of place, grant, whether contended, and perhaps what is left and whether it lapsed. */
    private static List<Granted> granted(ResultSet rows, int count) throws SQLException {
        List<Granted> answers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            answers.add(new Granted());
        }
        boolean more = rows.getMetaData().getColumnCount() > 4;
        while (rows.next()) {
            Granted answer = answers.get(rows.getInt(1) - 1);
            answer.grant = rows.getLong(2);
            answer.contended = rows.getBoolean(3);
            if (more) {
                answer.remainingMillis = rows.getLong(4);
                answer.lapsed = rows.getBoolean(5);
            }
        }
        return answers;
    }

    /** Gives those who wait their places. For each: what is left of the hold in the way in milliseconds, or -1 if none was seen. */
    long[] queue(Connection connection, List<Grant> grants, long client) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(queue)) {
            statement.setObject(1, keys(grants));
            statement.setObject(2, namespaces(grants));
            statement.setObject(3, names(grants));
            statement.setObject(4, highs(grants));
            statement.setObject(5, lows(grants));
            statement.setObject(
                    6, grants.stream().mapToInt(LockStatements::priority).toArray());
            statement.setObject(
                    7, grants.stream().mapToLong(LockStatements::waitMillis).toArray());
            statement.setLong(8, client);
            long[] remaining = new long[grants.size()];
            Arrays.fill(remaining, -1);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (rows.getBoolean(2)) {
                        remaining[rows.getInt(1) - 1] = rows.getLong(3);
                    }
                }
            }
            return remaining;
        }
    }

    private static int priority(Grant grant) {
        var waiting = grant.request().waiting();
        return waiting == null ? 0 : waiting.priority();
    }

    private static long waitMillis(Grant grant) {
        var waiting = grant.request().waiting();
        return waiting == null ? 0 : waiting.ttlMillis();
    }

    /** Ends holds and tells those who are next; the rows of the statement are handed to {@code each}. */
    void end(Connection connection, List<End> ends, RowReader each) throws SQLException {
        if (endQuietly(connection, ends, each)) {
            pass(connection, ends);
        }
    }

    /** Ends holds; whether somebody waits for one of their names, and is to be told. */
    boolean endQuietly(Connection connection, List<End> ends, RowReader each) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(end)) {
            bind(statement, 1, ends);
            statement.execute();
            return ended(statement, each);
        }
    }

    /**
     * Of leases: ends holds and asks for other names, with one commit for all. Those who are next are told behind it.
     *
     * @param each reads the rows of the ends
     */
    List<Granted> endAndGrant(Connection connection, List<End> ends, RowReader each, List<Grant> grants, long holder)
            throws SQLException {
        List<Granted> granted;
        boolean waited;
        try (PreparedStatement statement = connection.prepareStatement(endAndGrant)) {
            statement.setObject(
                    1,
                    LongStream.concat(
                                    ends.stream().mapToLong(End::key),
                                    grants.stream().mapToLong(Grant::key))
                            .toArray());
            bind(statement, 2, ends);
            bind(statement, 9, grants, holder);
            statement.execute();
            statement.getMoreResults();
            waited = ended(statement, each);
            statement.getMoreResults();
            try (ResultSet rows = statement.getResultSet()) {
                granted = granted(rows, grants.size());
            }
        }
        if (waited) {
            pass(connection, ends);
        }
        return granted;
    }

    private static void bind(PreparedStatement statement, int from, List<End> ends) throws SQLException {
        long[] keys = ends.stream().mapToLong(End::key).toArray();
        statement.setObject(from, keys);
        statement.setObject(
                from + 1, ends.stream().mapToLong(one -> one.leaseId().high()).toArray());
        statement.setObject(
                from + 2, ends.stream().mapToLong(one -> one.leaseId().low()).toArray());
        statement.setObject(
                from + 3, ends.stream().mapToLong(LockStatements::offerHigh).toArray());
        statement.setObject(
                from + 4, ends.stream().mapToLong(LockStatements::offerLow).toArray());
        statement.setObject(from + 5, ends.stream().mapToLong(End::offerMillis).toArray());
        statement.setObject(from + 6, keys);
    }

    /** Reads the rows of ended holds, then whether somebody waits for one of their names. */
    private static boolean ended(PreparedStatement statement, RowReader each) throws SQLException {
        try (ResultSet rows = statement.getResultSet()) {
            while (rows.next()) {
                each.read(rows);
            }
        }
        statement.getMoreResults();
        try (ResultSet answer = statement.getResultSet()) {
            return answer.next() && answer.getBoolean(1);
        }
    }

    /** Tells those who are next. Should it fail, or this process die before it, they find out when they ask by themselves. */
    void pass(Connection connection, List<End> ends) {
        try (PreparedStatement statement = connection.prepareStatement(pass)) {
            pass(statement, 1, ends);
            statement.execute();
        } catch (SQLException untold) {
            // What was ended is ended; whoever uses the connection next hears what is wrong with it.
            LOG.debug("telling those who wait", untold);
        }
    }

    /** Of sessions: ends holds that are not written down, and asks for names, where nobody waits. Null, and nothing done, if somebody does. */
    @Nullable
    Stepped step(Connection connection, List<End> ends, List<Grant> grants) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(step)) {
            statement.setObject(1, ends.stream().mapToLong(End::key).toArray());
            statement.setObject(2, keys(grants));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                boolean waited = row.getBoolean(2);
                if (row.wasNull()) {
                    return null;
                }
                Array numbers = row.getArray(1);
                return new Stepped(numbers == null ? List.of() : List.of((Long[]) numbers.getArray()), waited);
            }
        }
    }

    /** Of sessions: writes holds down for others to see. The keys that somebody waits for. */
    Set<Long> write(Connection connection, List<Held> holds, long[] leftMillis, long holder) throws SQLException {
        List<Grant> grants =
                holds.stream().map(held -> Objects.requireNonNull(held.grant)).toList();
        try (PreparedStatement statement = connection.prepareStatement(write)) {
            statement.setLong(1, holder);
            statement.setObject(2, keys(grants));
            statement.setObject(3, namespaces(grants));
            statement.setObject(4, names(grants));
            statement.setObject(5, highs(grants));
            statement.setObject(6, lows(grants));
            statement.setObject(7, holds.stream().mapToLong(held -> held.number).toArray());
            statement.setObject(8, millis(grants));
            statement.setObject(9, leftMillis);
            statement.setObject(10, labels(grants));
            return keys(statement);
        }
    }

    /** Of sessions: grants names again to those who hold them; the answers in order. */
    List<Granted> again(Connection connection, List<Grant> grants) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(again)) {
            statement.setObject(1, keys(grants));
            statement.setObject(2, highs(grants));
            statement.setObject(3, lows(grants));
            statement.setObject(4, millis(grants));
            statement.setObject(5, aboves(grants));
            statement.setObject(6, labels(grants));
            try (ResultSet rows = statement.executeQuery()) {
                return granted(rows, grants.size());
            }
        }
    }

    /** Of sessions: tells those who hold names that somebody waits. */
    void contend(Connection connection, List<Grant> grants) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(contend)) {
            statement.setObject(1, keys(grants));
            statement.setObject(2, namespaces(grants));
            statement.setObject(3, names(grants));
            statement.execute();
        }
    }

    /**
     * Of sessions: has holds written down that are not yet. Their keys.
     *
     * @param key null: of all names
     */
    Set<Long> young(Connection connection, @Nullable Long key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(young)) {
            statement.setObject(1, key, Types.BIGINT);
            statement.setObject(2, key, Types.BIGINT);
            return keys(statement);
        }
    }

    private static Set<Long> keys(PreparedStatement statement) throws SQLException {
        Set<Long> keys = new HashSet<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                keys.add(rows.getLong(1));
            }
        }
        return keys;
    }

    /** Takes waiters out of the queues and tells those who are next. */
    void unqueue(Connection connection, List<End> cancels) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(unqueue)) {
            statement.setObject(1, cancels.stream().mapToLong(End::key).toArray());
            statement.setObject(
                    2, cancels.stream().mapToLong(one -> one.leaseId().high()).toArray());
            statement.setObject(
                    3, cancels.stream().mapToLong(one -> one.leaseId().low()).toArray());
            pass(statement, 4, cancels);
            statement.execute();
        }
    }

    private static void pass(PreparedStatement statement, int from, List<End> ends) throws SQLException {
        statement.setObject(from, ends.stream().mapToLong(End::key).toArray());
        statement.setObject(
                from + 1, ends.stream().mapToLong(LockStatements::offerHigh).toArray());
        statement.setObject(
                from + 2, ends.stream().mapToLong(LockStatements::offerLow).toArray());
    }

    private static long offerHigh(End end) {
        return end.offerTo() == null ? 0 : end.offerTo().high();
    }

    private static long offerLow(End end) {
        return end.offerTo() == null ? 0 : end.offerTo().low();
    }

    /** What the server knows of these holds of a holder. */
    List<News> news(Connection connection, long[] keys, long holder) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(news)) {
            statement.setObject(1, keys);
            statement.setLong(2, holder);
            List<News> all = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    all.add(new News(
                            rows.getLong(1),
                            new LeaseId(rows.getLong(2), rows.getLong(3)),
                            rows.getBoolean(4),
                            rows.getBoolean(5)));
                }
            }
            return all;
        }
    }

    @Nullable
    LockInfo find(Connection connection, LockName name, long key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(find)) {
            statement.setLong(1, key);
            statement.setBytes(2, LockKey.bytes(name.namespace()));
            statement.setBytes(3, LockKey.bytes(name.name()));
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? info(rows) : null;
            }
        }
    }

    Page<LockInfo> list(Connection connection, String namespace, Key prefix, @Nullable Key from, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(list)) {
            statement.setBytes(1, LockKey.bytes(namespace));
            statement.setBytes(2, prefix.toBytes());
            byte[] behind = from == null ? null : from.toBytes();
            statement.setBytes(3, behind);
            statement.setBytes(4, behind);
            byte[] end = after(prefix);
            statement.setBytes(5, end);
            statement.setBytes(6, end);
            statement.setInt(7, limit);
            List<LockInfo> infos = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    infos.add(info(rows));
                }
            }
            boolean last = infos.size() < limit;
            return new Page<>(infos, last ? null : Key.of(infos.get(limit - 1).name()));
        }
    }

    /** The first key behind all that begin with the prefix; null if there is none. */
    private static byte @Nullable [] after(Key prefix) {
        byte[] bytes = prefix.toBytes();
        for (int i = bytes.length - 1; i >= 0; i--) {
            if (bytes[i] != (byte) 0xFF) {
                byte[] next = Arrays.copyOf(bytes, i + 1);
                next[i]++;
                return next;
            }
        }
        return null;
    }

    private static LockInfo info(ResultSet rows) throws SQLException {
        return new LockInfo(
                LockKey.text(rows.getBytes(2)),
                rows.getLong(3),
                LockKey.text(rows.getBytes(4)),
                Duration.ofMillis(rows.getLong(5)));
    }

    /** Reads one row of a result. */
    @FunctionalInterface
    interface RowReader {
        void read(ResultSet row) throws SQLException;
    }
}
