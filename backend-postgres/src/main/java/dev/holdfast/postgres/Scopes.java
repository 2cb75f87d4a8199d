package dev.holdfast.postgres;

import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Marks and commits: each one call of a function of the schema, where the scope is locked first and everything else comes after. */
final class Scopes {
    private static final byte[] NOTHING = {};

    private final Database database;
    private final String apply;
    private final String mark;
    private final String raise;
    private final String takeOver;
    private final String forget;
    private final String list;
    private final String listBack;

    Scopes(Database database) {
        this.database = database;
        apply = database.sql("apply");
        mark = database.sql("mark");
        raise = database.sql("raise_mark");
        takeOver = database.sql("take_over");
        forget = database.sql("forget");
        list = database.sql("scopes");
        listBack = database.sql("scopes_back");
    }

    CommitResult apply(Space scope, Commit commit) {
        List<Mutation> mutations = commit.mutations();
        int size = mutations.size();
        short[] kinds = new short[size];
        byte[][] keys = new byte[size][];
        short[] conditions = new short[size];
        long[] expected = new long[size];
        byte[][] values = new byte[size][];
        short[] encodings = new short[size];
        long[] versions = new long[size];
        long[] ttls = new long[size];
        for (int i = 0; i < size; i++) {
            Mutation mutation = mutations.get(i);
            kinds[i] = kind(mutation.kind());
            keys[i] = scope.encode(mutation.key()).toBytes();
            conditions[i] = condition(mutation.condition());
            Version version = mutation.condition().version();
            expected[i] = version == null ? 0 : version.bits();
            boolean isPut = mutation.kind() == Mutation.Kind.PUT;
            @Nullable Stored stored = isPut ? mutation.stored() : null;
            values[i] = stored == null ? NOTHING : stored.bytes();
            encodings[i] = stored == null ? 0 : (short) stored.encoding();
            versions[i] = stored == null ? 0 : stored.version().bits();
            ttls[i] = mutation.ttlMillis();
        }
        return database.write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(apply)) {
                int next = place(statement, scope);
                statement.setLong(next++, commit.fence());
                statement.setLong(next++, commit.after());
                statement.setLong(next++, commit.id().bits());
                statement.setBoolean(next++, commit.drop());
                for (Object array :
                        new Object[] {kinds, keys, conditions, expected, values, encodings, versions, ttls}) {
                    statement.setObject(next++, array);
                }
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return result(row, mutations);
                }
            }
        });
    }

    private static short kind(Mutation.Kind kind) {
        return switch (kind) {
            case PUT -> 0;
            case DELETE -> 1;
            case EXPIRE -> 2;
            case CHECK -> 3;
        };
    }

    private static short condition(Condition condition) {
        if (condition == Condition.ANY) {
            return 0;
        }
        return (short) (condition == Condition.ABSENT ? 1 : condition == Condition.PRESENT ? 2 : 3);
    }

    private static CommitResult result(ResultSet row, List<Mutation> mutations) throws SQLException {
        long number = row.getLong(2);
        return switch (row.getInt(1)) {
            case 0 -> CommitResult.applied(number, row.getInt(3));
            case 1 -> CommitResult.fenced(number);
            case 2 -> CommitResult.outOfSequence(number);
            case 3 ->
                CommitResult.conflict(number, mutations.get(row.getInt(4) - 1).key());
            default -> throw new SQLException("the function apply answered " + row.getInt(1));
        };
    }

    @SuppressWarnings("NullAway") // it does not see that this work may answer null
    @Nullable
    Mark mark(Space scope) {
        return database.<@Nullable Mark>read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(mark)) {
                statement.setBytes(1, scope.prefix());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? mark(row) : null;
                }
            }
        });
    }

    Mark raise(Space scope, long fence) {
        return database.write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(raise)) {
                statement.setLong(place(statement, scope), fence);
                return onlyMark(statement);
            }
        });
    }

    Mark takeOver(Space scope) {
        return database.write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(takeOver)) {
                place(statement, scope);
                return onlyMark(statement);
            }
        });
    }

    private static Mark onlyMark(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return mark(row);
        }
    }

    private static Mark mark(ResultSet row) throws SQLException {
        return new Mark(row.getLong(1), row.getLong(2), new Version(row.getLong(3)));
    }

    /** Answers that it is done. */
    boolean forget(Space scope) {
        return database.write(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(forget)) {
                statement.setBytes(1, scope.prefix());
                statement.setBytes(2, Range.end(Key.of(scope.prefix())));
                return statement.execute();
            }
        });
    }

    /** Binds what a scope is, and answers the index of the next parameter. */
    private static int place(PreparedStatement statement, Space scope) throws SQLException {
        statement.setBytes(1, scope.prefix());
        statement.setBytes(2, Range.end(Key.of(scope.prefix())));
        statement.setBytes(3, namespace(scope.namespace()));
        statement.setBytes(4, scope.name().toBytes());
        return 5;
    }

    private static byte[] namespace(String namespace) {
        return Key.utf8("namespace", namespace);
    }

    Page<Key> list(String namespace, ScanRequest request) {
        Range range = Range.of(request.prefix(), request.from(), request.reverse());
        return database.read(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(request.reverse() ? listBack : list)) {
                statement.setBytes(1, namespace(namespace));
                range.bind(statement, 2);
                statement.setInt(4, request.limit());
                List<Key> names = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        names.add(Key.of(rows.getBytes(1)));
                    }
                }
                return new Page<>(names, names.size() == request.limit() ? names.get(names.size() - 1) : null);
            }
        });
    }
}
