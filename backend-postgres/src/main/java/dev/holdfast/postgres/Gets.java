package dev.holdfast.postgres;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Stored;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Combined reads, by encoded key. A value too large to travel with others is answered as {@link #LARGE}. */
@SuppressWarnings("NullAway") // it does not see that a reply of these commands may be null
final class Gets extends Statements<Key, @Nullable Stored> {
    /** Stands for a value that is there and must be asked for alone. */
    static final Stored LARGE = Stored.plain(new byte[0], new Version(0));

    private final String getOne;
    private final String getMany;

    Gets(Database database) {
        super(database);
        getOne = database.sql("get");
        getMany = database.sql("get_many");
    }

    @Override
    @Nullable
    Stored one(Connection connection, Key key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(getOne)) {
            statement.setBytes(1, key.toBytes());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? stored(row, 1) : null;
            }
        }
    }

    @Override
    void many(Connection connection, List<Key> keys, Replies<@Nullable Stored> replies) throws SQLException {
        Set<Key> distinct = new HashSet<>(keys);
        Map<Key, Stored> found = query(connection, getMany, distinct);
        for (int i = 0; i < keys.size(); i++) {
            Key key = keys.get(i);
            Stored stored = found.get(key);
            // Whoever is not the first to ask for a key gets an array of his own.
            replies.reply(i, stored == null || stored == LARGE || distinct.remove(key) ? stored : stored.copy());
        }
    }

    @Override
    BackendException translate(SQLException error) {
        return PostgresErrors.ofRead(error);
    }

    /** The entries at encoded keys by a statement that takes an array of them. */
    static Map<Key, Stored> query(Connection connection, String sql, Set<Key> keys) throws SQLException {
        byte[][] array = new byte[keys.size()][];
        int count = 0;
        for (Key key : keys) {
            array[count++] = key.toBytes();
        }
        Map<Key, Stored> found = new HashMap<>(count * 2);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, array);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.put(Key.of(rows.getBytes(1)), stored(rows, 2));
                }
            }
        }
        return found;
    }

    /** The entry in the columns from this one on: value, encoding, version. */
    static Stored stored(ResultSet row, int column) throws SQLException {
        byte[] value = row.getBytes(column);
        return value == null ? LARGE : new Stored(value, row.getInt(column + 1), new Version(row.getLong(column + 2)));
    }
}
