package dev.holdfast.postgres;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes that are not combined with those of other callers: conditional ones, large ones, and several of one caller. */
final class SingleWrites {
    private final Database database;
    private final Puts puts;
    private final Deletes deletes;
    private final String put;
    private final String putIfAbsent;
    private final String replace;
    private final String delete;
    private final String expire;

    SingleWrites(Database database, Puts puts, Deletes deletes) {
        this.database = database;
        this.puts = puts;
        this.deletes = deletes;
        put = database.sql("put");
        putIfAbsent = database.sql("put_if_absent");
        replace = database.sql("replace");
        delete = database.sql("delete");
        expire = database.sql("expire");
    }

    boolean write(Key key, Mutation mutation) {
        return database.write(connection -> write(connection, key, mutation));
    }

    private boolean write(Connection connection, Key key, Mutation mutation) throws SQLException {
        return switch (mutation.kind()) {
            case PUT -> put(connection, key, mutation);
            case DELETE -> mutation.condition() != Condition.ABSENT && delete(connection, key, mutation.condition());
            case EXPIRE -> expire(connection, key, mutation.ttlMillis());
            case CHECK -> throw new IllegalArgumentException("a check goes with a commit");
        };
    }

    private boolean put(Connection connection, Key key, Mutation mutation) throws SQLException {
        Condition condition = mutation.condition();
        if (condition == Condition.ANY || condition == Condition.ABSENT) {
            try (PreparedStatement statement =
                    connection.prepareStatement(condition == Condition.ANY ? put : putIfAbsent)) {
                Puts.bind(statement, new Puts.Put(key, mutation));
                return statement.executeUpdate() > 0;
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(replace)) {
            statement.setBytes(1, mutation.stored().bytes());
            statement.setShort(2, (short) mutation.stored().encoding());
            statement.setLong(3, mutation.stored().version().bits());
            statement.setLong(4, mutation.ttlMillis());
            statement.setBytes(5, key.toBytes());
            version(statement, 6, condition.version());
            return statement.executeUpdate() > 0;
        }
    }

    private boolean delete(Connection connection, Key key, Condition condition) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(delete)) {
            statement.setBytes(1, key.toBytes());
            version(statement, 2, condition.version());
            return statement.executeUpdate() > 0;
        }
    }

    private boolean expire(Connection connection, Key key, long ttlMillis) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(expire)) {
            statement.setLong(1, ttlMillis);
            statement.setBytes(2, key.toBytes());
            return statement.executeUpdate() > 0;
        }
    }

    private static void version(PreparedStatement statement, int index, @Nullable Version version) throws SQLException {
        if (version == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, version.bits());
        }
    }

    // --- Several

    /** Puts without a condition in one statement, deletes in another, the rest one by one; each mutation has an outcome of its own. */
    List<Outcome<Boolean>> writeAll(Space space, List<Mutation> mutations) {
        List<Puts.Put> plainPuts = new ArrayList<>();
        List<Key> plainDeletes = new ArrayList<>();
        for (Mutation mutation : mutations) {
            if (isPlain(mutation, Mutation.Kind.PUT)) {
                plainPuts.add(new Puts.Put(space.encode(mutation.key()), mutation));
            } else if (isPlain(mutation, Mutation.Kind.DELETE)) {
                plainDeletes.add(space.encode(mutation.key()));
            }
        }
        Iterator<Outcome<Boolean>> put = puts.all(plainPuts).iterator();
        Iterator<Outcome<Boolean>> deleted = deletes.all(plainDeletes).iterator();
        List<Outcome<Boolean>> outcomes = new ArrayList<>(mutations.size());
        for (Mutation mutation : mutations) {
            outcomes.add(
                    isPlain(mutation, Mutation.Kind.PUT)
                            ? put.next()
                            : isPlain(mutation, Mutation.Kind.DELETE)
                                    ? deleted.next()
                                    : Outcome.of(() -> write(space.encode(mutation.key()), mutation)));
        }
        return outcomes;
    }

    private static boolean isPlain(Mutation mutation, Mutation.Kind kind) {
        return mutation.kind() == kind && mutation.condition() == Condition.ANY;
    }
}
