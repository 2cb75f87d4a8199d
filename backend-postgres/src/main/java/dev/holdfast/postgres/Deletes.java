package dev.holdfast.postgres;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Key;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Combined deletes without a condition, by encoded key. Of several of one key the first may find an entry, the others do not. */
final class Deletes extends Statements<Key, Boolean> {
    private final String deleteOne;
    private final String deleteMany;

    Deletes(Database database) {
        super(database);
        deleteOne = database.sql("delete");
        deleteMany = database.sql("delete_many");
    }

    @Override
    Boolean one(Connection connection, Key key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(deleteOne)) {
            statement.setBytes(1, key.toBytes());
            statement.setNull(2, Types.BIGINT);
            return statement.executeUpdate() > 0;
        }
    }

    @Override
    void many(Connection connection, List<Key> keys, Replies<Boolean> replies) throws SQLException {
        Set<Key> gone = together(connection, new HashSet<>(keys));
        for (int i = 0; i < keys.size(); i++) {
            replies.reply(i, gone.remove(keys.get(i)));
        }
    }

    /** Deletes entries and answers which there were. */
    Set<Key> together(Connection connection, Collection<Key> keys) throws SQLException {
        Set<Key> gone = new HashSet<>(keys.size() * 2);
        try (PreparedStatement statement = connection.prepareStatement(deleteMany)) {
            statement.setObject(1, keys.stream().map(Key::toBytes).toArray(byte[][]::new));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    gone.add(Key.of(rows.getBytes(1)));
                }
            }
        }
        return gone;
    }

    @Override
    BackendException translate(SQLException error) {
        return PostgresErrors.ofWrite(error);
    }
}
