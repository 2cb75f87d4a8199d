package dev.holdfast.redis;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scopes: each a hash, changed by scripts alone. A value in it begins with the format of a record, or with {@link #ENDING} and its end.
 * Safe for use by many threads.
 */
final class ScopeEntries {
    private static final Script APPLY = Script.of("scope_apply");
    private static final Script RAISE = Script.of("scope_raise");
    private static final Script TAKE_OVER = Script.of("scope_takeover");
    private static final Script READ = Script.of("scope_read");
    private static final Script EXPIRY = Script.of("scope_expiry");
    private static final Script COUNT = Script.of("scope_count");
    private static final byte[] HGET = Command.ascii("HGET");
    private static final byte[] HMGET = Command.ascii("HMGET");
    private static final byte[] UNLINK = Command.ascii("UNLINK");
    private static final byte[] MARK = {'m'};
    private static final byte[] NOTHING = {};
    private static final byte[] YES = {'1'};
    private static final byte[] NO = {'0'};
    /** The first byte of a value that ends. */
    private static final byte ENDING = 2;

    private final Redis redis;

    ScopeEntries(Redis redis) {
        this.redis = redis;
    }

    /** One native command, and a second one only for a value that ends: whether it has ended the server must say. */
    @SuppressWarnings("NullAway") // it does not see that the answer of this call may be null
    Call<@Nullable Stored> read(Space scope, Key key) {
        List<byte[]> keys = Layout.scope(scope);
        byte[] field = Layout.field(key);
        return redis.call(Command.read(keys.get(0), HGET, keys.get(0), field))
                .then(reply -> isEnding(reply)
                        ? redis.call(Command.read(READ, keys, List.of(field)))
                                .map(found ->
                                        RootEntries.stored(Replies.list(found).get(0)))
                        : Call.done(RootEntries.stored(reply)));
    }

    /** A snapshot: one command, or one script if some values end. */
    Call<List<@Nullable Stored>> readAll(Space scope, List<Key> keys) {
        if (keys.isEmpty()) {
            return Call.done(List.of());
        }
        List<byte[]> names = Layout.scope(scope);
        List<byte[]> fields = new ArrayList<>(keys.size());
        keys.forEach(key -> fields.add(Layout.field(key)));
        List<byte[]> words = new ArrayList<>(2 + fields.size());
        words.add(HMGET);
        words.add(names.get(0));
        words.addAll(fields);
        return redis.call(Command.read(names.get(0), words.toArray(byte[][]::new)))
                .then(reply -> Replies.list(reply).stream().anyMatch(ScopeEntries::isEnding)
                        ? redis.call(Command.read(READ, names, fields)).map(ScopeEntries::values)
                        : Call.done(values(reply)));
    }

    private static List<@Nullable Stored> values(@Nullable Object reply) {
        List<@Nullable Stored> values = new ArrayList<>();
        Replies.list(reply).forEach(one -> values.add(RootEntries.stored(one)));
        return values;
    }

    private static boolean isEnding(@Nullable Object value) {
        return value instanceof byte[] bytes && bytes.length > 0 && bytes[0] == ENDING;
    }

    Call<CommitResult> apply(Space scope, Commit commit) {
        List<Mutation> mutations = commit.mutations();
        List<byte[]> arguments = new ArrayList<>(4 + 5 * mutations.size());
        arguments.add(commit.fence() == Commit.UNFENCED ? NOTHING : Marks.fence(commit.fence()));
        arguments.add(commit.after() == Commit.ANYWHERE ? NOTHING : Marks.number(commit.after()));
        arguments.add(Marks.id(commit.id()));
        arguments.add(commit.drop() ? YES : NO);
        for (Mutation mutation : mutations) {
            arguments.add(Conditions.kind(mutation));
            arguments.add(Layout.field(mutation.key()));
            arguments.add(Conditions.condition(mutation.condition()));
            arguments.add(Conditions.millis(mutation));
            arguments.add(Conditions.record(mutation));
        }
        return redis.call(Command.write(APPLY, Layout.scope(scope), arguments))
                .map(reply -> result(Replies.list(reply), mutations));
    }

    private static CommitResult result(List<?> reply, List<Mutation> mutations) {
        long number = Marks.toNumber(Replies.bytes(reply.get(1)));
        int detail = Math.toIntExact(Replies.number(reply.get(2)));
        return switch ((int) Replies.number(reply.get(0))) {
            case 0 -> CommitResult.applied(number, detail);
            case 1 -> CommitResult.fenced(number);
            case 2 -> CommitResult.outOfSequence(number);
            default -> CommitResult.conflict(number, mutations.get(detail).key());
        };
    }

    @SuppressWarnings("NullAway") // it does not see that the answer of this call may be null
    Call<@Nullable Mark> mark(Space scope) {
        byte[] name = Layout.scope(scope).get(0);
        return redis.call(Command.read(name, HGET, name, MARK))
                .map(reply -> reply == null ? null : Marks.toMark((byte[]) reply));
    }

    Call<Mark> raise(Space scope, long fence) {
        // A second execution finds the fence as high, and answers the same.
        return redis.call(Command.write(RAISE, Layout.scope(scope), List.of(Marks.fence(fence)))
                        .repeated())
                .map(ScopeEntries::mark);
    }

    Call<Mark> takeOver(Space scope) {
        return redis.call(Command.write(TAKE_OVER, Layout.scope(scope), List.of()))
                .map(ScopeEntries::mark);
    }

    private static Mark mark(@Nullable Object reply) {
        return Marks.toMark(Replies.bytes(reply));
    }

    Call<@Nullable Void> forget(Space scope) {
        List<byte[]> names = Layout.scope(scope);
        return redis.call(Command.write(names.get(0), UNLINK, names.get(0), names.get(1)))
                .map(reply -> null);
    }

    Call<Expiry> expiry(Space scope, Key key) {
        return redis.call(Command.read(EXPIRY, Layout.scope(scope), List.of(Layout.field(key))))
                .map(RootEntries::expiry);
    }

    /** The number of entries. */
    Call<Long> count(Space scope) {
        return redis.call(countCommand(scope))
                .map(reply -> Replies.number(Replies.list(reply).get(0)));
    }

    /** Asks for the number of entries, and whether there is a mark; {@link #isThere} reads the reply. */
    static Command countCommand(Space scope) {
        return Command.read(COUNT, Layout.scope(scope), List.of());
    }

    static boolean isThere(@Nullable Object reply) {
        return Replies.number(Replies.list(reply).get(0)) > 0
                || Replies.number(Replies.list(reply).get(1)) > 0;
    }
}
