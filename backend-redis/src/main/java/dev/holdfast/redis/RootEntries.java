package dev.holdfast.redis;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The entries outside of scopes: each a string of the server, with the server's own time to live. Safe for use by many threads. */
final class RootEntries {
    private static final Script WRITE = Script.of("entry_write");
    private static final byte[] GET = Command.ascii("GET");
    private static final byte[] MGET = Command.ascii("MGET");
    private static final byte[] SET = Command.ascii("SET");
    private static final byte[] MSET = Command.ascii("MSET");
    private static final byte[] UNLINK = Command.ascii("UNLINK");
    private static final byte[] PTTL = Command.ascii("PTTL");
    private static final byte[] PX = Command.ascii("PX");
    private static final byte[] NX = Command.ascii("NX");
    private static final byte[] XX = Command.ascii("XX");
    /** Entries of one MGET, which the server works through in one go: enough to pay for a command. */
    private static final int GETS = 128;
    /** Entries of one MSET. Each more costs server and client less, as long as the command needs no connection of its own. */
    private static final int PUTS = 512;

    private static final int PUTS_BYTES = 56 << 10;
    /** About what an entry is on the wire besides its key and its value. */
    private static final int ENTRY_BYTES = 64;

    private final Redis redis;
    /** The space asked for last, which is nearly always the same. */
    private volatile Begin last = new Begin(Space.root(""));

    private static final class Begin {
        final Space space;
        final byte[] bytes;

        Begin(Space space) {
            this.space = space;
            bytes = Layout.entries(space);
        }
    }

    RootEntries(Redis redis) {
        this.redis = redis;
    }

    private byte[] name(Space space, Key key) {
        Begin begin = last;
        if (!begin.space.equals(space)) {
            begin = new Begin(space);
            last = begin;
        }
        return Layout.entry(begin.bytes, key);
    }

    @SuppressWarnings("NullAway") // it does not see that the answer of this call may be null
    Call<@Nullable Stored> read(Space space, Key key) {
        byte[] name = name(space, key);
        return redis.call(Command.read(name, GET, name)).map(RootEntries::stored);
    }

    static @Nullable Stored stored(@Nullable Object reply) {
        return reply == null ? null : Stored.ofRecord(Replies.bytes(reply));
    }

    Call<Boolean> write(Space space, Mutation mutation) {
        return redis.call(command(space, mutation)).map(RootEntries::changed);
    }

    /** One native command wherever there is one that means the same. */
    private Command command(Space space, Mutation mutation) {
        byte[] name = name(space, mutation.key());
        Condition condition = mutation.condition();
        boolean any = condition == Condition.ANY;
        if (mutation.kind() == Mutation.Kind.PUT && condition.version() == null) {
            List<byte[]> words = new ArrayList<>(6);
            words.add(SET);
            words.add(name);
            words.add(mutation.stored().toRecord());
            if (mutation.ttlMillis() > 0) {
                words.add(PX);
                words.add(Conditions.millis(mutation));
            }
            if (!any) {
                words.add(condition == Condition.ABSENT ? NX : XX);
            }
            return Command.write(name, words.toArray(byte[][]::new));
        }
        if (mutation.kind() == Mutation.Kind.DELETE && (any || condition == Condition.PRESENT)) {
            return Command.write(name, UNLINK, name);
        }
        return Command.write(
                WRITE,
                List.of(name),
                List.of(
                        Conditions.kind(mutation),
                        Conditions.condition(condition),
                        Conditions.millis(mutation),
                        Conditions.record(mutation)));
    }

    /** A number counts what was changed; SET says OK, or nothing if its condition did not hold. */
    private static boolean changed(@Nullable Object reply) {
        return reply instanceof Long count ? count > 0 : reply != null;
    }

    Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        List<byte[]> names = new ArrayList<>(keys.size());
        keys.forEach(key -> names.add(name(space, key)));
        return values(names);
    }

    /** The values at keys of the server, in their order. */
    Call<List<@Nullable Stored>> values(List<byte[]> names) {
        List<Command> commands = new ArrayList<>();
        if (redis.isCluster()) {
            names.forEach(name -> commands.add(Command.read(name, GET, name)));
        } else {
            for (int from = 0; from < names.size(); from += GETS) {
                List<byte[]> words = new ArrayList<>();
                words.add(MGET);
                words.addAll(names.subList(from, Math.min(from + GETS, names.size())));
                commands.add(Command.read(names.get(from), words.toArray(byte[][]::new)));
            }
        }
        return redis.callAll(commands).map(outcomes -> {
            List<@Nullable Stored> values = new ArrayList<>(names.size());
            for (Outcome<@Nullable Object> outcome : outcomes) {
                Object reply = outcome.get();
                if (reply instanceof List<?> several) {
                    several.forEach(one -> values.add(stored(one)));
                } else {
                    values.add(stored(reply));
                }
            }
            return values;
        });
    }

    Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        if (!redis.isCluster() && mutations.stream().allMatch(RootEntries::isPlain)) {
            return putTogether(space, mutations);
        }
        Iterator<Command> commands =
                mutations.stream().map(mutation -> command(space, mutation)).iterator();
        return redis.callAll(commands).map(outcomes -> {
            List<Outcome<Boolean>> changed = new ArrayList<>(outcomes.size());
            outcomes.forEach(outcome -> changed.add(changed(outcome)));
            return changed;
        });
    }

    private static Outcome<Boolean> changed(Outcome<@Nullable Object> outcome) {
        RuntimeException error = outcome.error();
        return error == null ? Outcome.value(changed(outcome.get())) : Outcome.error(error);
    }

    private static boolean isPlain(Mutation mutation) {
        return mutation.kind() == Mutation.Kind.PUT
                && mutation.ttlMillis() == 0
                && mutation.condition() == Condition.ANY;
    }

    private Call<List<Outcome<Boolean>>> putTogether(Space space, List<Mutation> mutations) {
        Puts puts = new Puts(space, mutations);
        return redis.callAll(puts).map(outcomes -> {
            List<Outcome<Boolean>> changed = new ArrayList<>(mutations.size());
            for (int i = 0; i < outcomes.size(); i++) {
                changed.addAll(Collections.nCopies(puts.sizes.get(i), changed(outcomes.get(i))));
            }
            return changed;
        });
    }

    /** Plain puts as commands that set several keys each. Used by one thread at a time. */
    private final class Puts implements Iterator<Command> {
        private final Space space;
        private final List<Mutation> mutations;
        private int next;

        /** How many puts each command made so far has. */
        final List<Integer> sizes = new ArrayList<>();

        Puts(Space space, List<Mutation> mutations) {
            this.space = space;
            this.mutations = mutations;
        }

        @Override
        public boolean hasNext() {
            return next < mutations.size();
        }

        @Override
        public Command next() {
            int size = size();
            byte[][] words = new byte[1 + 2 * size][];
            words[0] = MSET;
            for (int at = 1; at < words.length; at += 2) {
                Mutation put = mutations.get(next++);
                words[at] = name(space, put.key());
                words[at + 1] = put.stored().toRecord();
            }
            sizes.add(size);
            return Command.write(words[1], words);
        }

        private int size() {
            int most = Math.min(PUTS, mutations.size() - next);
            int size = 0;
            for (int bytes = 0; size < most && bytes < PUTS_BYTES; size++) {
                Mutation put = mutations.get(next + size);
                bytes += put.key().length() + put.stored().bytes().length + ENTRY_BYTES;
            }
            if (size == 0) {
                throw new NoSuchElementException();
            }
            return size;
        }
    }

    Call<Expiry> expiry(Space space, Key key) {
        byte[] name = name(space, key);
        return redis.call(Command.read(name, PTTL, name)).map(RootEntries::expiry);
    }

    static Expiry expiry(@Nullable Object reply) {
        long millis = Replies.number(reply);
        if (millis == -2) {
            return Expiry.ABSENT;
        }
        // What ends within this millisecond has not ended yet.
        return millis == -1 ? Expiry.NEVER : Expiry.in(Duration.ofMillis(Math.max(1, millis)));
    }
}
