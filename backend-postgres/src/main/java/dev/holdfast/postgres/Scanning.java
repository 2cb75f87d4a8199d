package dev.holdfast.postgres;

import dev.holdfast.spi.Key;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Reads that are not combined: of several keys, of large values, and of ranges, which go from key to key and never by position. */
final class Scanning {
    /** A page ends behind the entry with which its values have this size. */
    private static final int PAGE_BYTES = 16 << 20;

    private static final int CLEAR_PART = 1_000;

    private final Database database;
    private final String getWhole;
    private final String getAll;
    private final String expiry;
    private final String scan;
    private final String scanBack;
    private final String count;
    private final String clear;

    Scanning(Database database) {
        this.database = database;
        getWhole = database.sql("get_whole");
        getAll = database.sql("get_all");
        expiry = database.sql("expiry");
        scan = database.sql("scan");
        scanBack = database.sql("scan_back");
        count = database.sql("count");
        clear = database.sql("clear");
    }

    // --- Keys

    @SuppressWarnings("NullAway") // it does not see that this work may answer null
    @Nullable
    Stored getWhole(Key encoded) {
        return database.<@Nullable Stored>read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(getWhole)) {
                statement.setBytes(1, encoded.toBytes());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Gets.stored(row, 1) : null;
                }
            }
        });
    }

    /** In one statement, which sees one moment. */
    List<@Nullable Stored> getAll(List<Key> encoded) {
        Map<Key, Stored> found = database.read(connection -> Gets.query(connection, getAll, new HashSet<>(encoded)));
        List<@Nullable Stored> answers = new ArrayList<>(encoded.size());
        encoded.forEach(key -> answers.add(found.get(key)));
        return answers;
    }

    Expiry expiry(Key encoded) {
        return database.read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(expiry)) {
                statement.setBytes(1, encoded.toBytes());
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next()) {
                        return Expiry.ABSENT;
                    }
                    long micros = row.getLong(1);
                    return row.wasNull()
                            ? Expiry.NEVER
                            : Expiry.in(Duration.of(Math.max(1, micros), ChronoUnit.MICROS));
                }
            }
        });
    }

    // --- Ranges

    Page<KeyedValue> scan(Space space, ScanRequest request) {
        Range range = Range.of(space, request);
        return database.read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(request.reverse() ? scanBack : scan)) {
                range.bind(statement, 1);
                statement.setInt(3, request.limit());
                statement.setLong(4, PAGE_BYTES);
                try (ResultSet rows = statement.executeQuery()) {
                    return page(space, request, rows);
                }
            }
        });
    }

    private static Page<KeyedValue> page(Space space, ScanRequest request, ResultSet rows) throws SQLException {
        List<KeyedValue> items = new ArrayList<>();
        long bytes = 0;
        while (rows.next()) {
            Stored stored = Gets.stored(rows, 2);
            bytes += stored.bytes().length;
            items.add(new KeyedValue(space.decode(Key.of(rows.getBytes(1))), stored));
        }
        boolean full = items.size() == request.limit() || bytes >= PAGE_BYTES;
        return new Page<>(items, full ? items.get(items.size() - 1).key() : null);
    }

    /** Counting may take as long as it takes. */
    long count(Space space, Key prefix) {
        Range range = Range.of(space, new ScanRequest(prefix, null, 1, false));
        return database.read(connection -> {
            int patienceMillis = connection.getNetworkTimeout();
            connection.setNetworkTimeout(Runnable::run, 0);
            connection.setAutoCommit(false);
            try (Statement patience = connection.createStatement();
                    PreparedStatement statement = connection.prepareStatement(count)) {
                patience.execute("set local statement_timeout = 0");
                range.bind(statement, 1);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            } finally {
                // The pool may be the application's.
                connection.setNetworkTimeout(Runnable::run, patienceMillis);
                connection.rollback();
                connection.setAutoCommit(true);
            }
        });
    }

    long clear(Space space, Key prefix) {
        Range range = Range.of(space, new ScanRequest(prefix, null, 1, false));
        AtomicReference<byte[]> from = new AtomicReference<>(range.from());
        long cleared = 0;
        long part;
        do {
            part = database.write(connection -> clearPart(connection, from, range.to()));
            cleared += Math.max(0, part);
        } while (part >= 0);
        return cleared;
    }

    /** Deletes some entries, moves behind the last of them and answers how many; -1 if there was none, nor any dead row. */
    private long clearPart(Connection connection, AtomicReference<byte[]> from, byte[] to) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(clear)) {
            statement.setBytes(1, from.get());
            statement.setBytes(2, to);
            statement.setInt(3, CLEAR_PART);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                byte[] last = row.getBytes(2);
                if (last == null) {
                    return -1;
                }
                from.set(Range.behind(last));
                return row.getLong(1);
            }
        }
    }
}
