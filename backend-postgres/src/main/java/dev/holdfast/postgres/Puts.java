package dev.holdfast.postgres;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Stored;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/** Combined puts without a condition. Of several of one key the last counts, and the others were overwritten by it at once. */
final class Puts extends Statements<Puts.Put, Boolean> {
    private final String putOne;
    private final String putMany;

    /** @param key encoded */
    record Put(Key key, Mutation mutation) {}

    Puts(Database database) {
        super(database);
        putOne = database.sql("put");
        putMany = database.sql("put_many");
    }

    @Override
    Boolean one(Connection connection, Put put) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(putOne)) {
            bind(statement, put);
            statement.executeUpdate();
            return true;
        }
    }

    @Override
    void many(Connection connection, List<Put> puts, Replies<Boolean> replies) throws SQLException {
        TreeMap<Key, Put> sorted = new TreeMap<>();
        puts.forEach(put -> sorted.put(put.key(), put));
        together(connection, sorted.values());
        for (int i = 0; i < puts.size(); i++) {
            replies.reply(i, true);
        }
    }

    /** @param puts in the order of keys, no key twice */
    void together(Connection connection, Collection<Put> puts) throws SQLException {
        int size = puts.size();
        byte[][] keys = new byte[size][];
        byte[][] values = new byte[size][];
        short[] encodings = new short[size];
        long[] versions = new long[size];
        long[] ttls = new long[size];
        int i = 0;
        for (Put put : puts) {
            Stored stored = put.mutation().stored();
            keys[i] = put.key().toBytes();
            values[i] = stored.bytes();
            encodings[i] = (short) stored.encoding();
            versions[i] = stored.version().bits();
            ttls[i] = put.mutation().ttlMillis();
            i++;
        }
        try (PreparedStatement statement = connection.prepareStatement(putMany)) {
            statement.setObject(1, keys);
            statement.setObject(2, values);
            statement.setObject(3, encodings);
            statement.setObject(4, versions);
            statement.setObject(5, ttls);
            statement.executeUpdate();
        }
    }

    @Override
    int bytes(Put put) {
        return put.mutation().stored().bytes().length;
    }

    @Override
    BackendException translate(SQLException error) {
        return PostgresErrors.ofWrite(error);
    }

    /** Binds a put to the columns of the table in their order. */
    static void bind(PreparedStatement statement, Put put) throws SQLException {
        Stored stored = put.mutation().stored();
        statement.setBytes(1, put.key().toBytes());
        statement.setBytes(2, stored.bytes());
        statement.setShort(3, (short) stored.encoding());
        statement.setLong(4, stored.version().bits());
        statement.setLong(5, put.mutation().ttlMillis());
    }
}
