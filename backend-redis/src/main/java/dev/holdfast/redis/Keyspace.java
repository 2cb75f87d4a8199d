package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names of keys over all primaries. A walk over a cluster is refused while slots move, because a key may move from a server not
 * yet walked over to one that was. Safe for use by many threads.
 */
final class Keyspace {
    private static final Pattern RUN = Pattern.compile("run_id:(\\w+)");
    private static final byte[] SCAN = Command.ascii("SCAN");
    private static final byte[] MATCH = Command.ascii("MATCH");
    private static final byte[] COUNT = Command.ascii("COUNT");
    private static final Command SIZE = Command.read(null, Command.ascii("DBSIZE"));
    private static final Command INFO = Command.read(null, Command.ascii("INFO"), Command.ascii("server"));
    private static final byte[] UNLINK = Command.ascii("UNLINK");

    private final Redis redis;

    Keyspace(Redis redis) {
        this.redis = redis;
    }

    /** One page of the names that match a pattern and a test, which decides. */
    Call<Page<byte[]>> page(byte[] pattern, Predicate<byte[]> test, ScanRequest request) {
        return Tour.over(redis, tour -> new Scan<byte[]>(
                        request,
                        tour.servers().size(),
                        (cursor, count) -> step(tour, pattern, test, cursor, count),
                        name -> name)
                .page());
    }

    /** Deletes the names that match a pattern and a test; answers how many. */
    Call<Long> unlink(byte[] pattern, Predicate<byte[]> test) {
        return Tour.over(redis, tour -> {
            Clearing clearing = new Clearing();
            return Call.attempts(
                    Integer.MAX_VALUE,
                    () -> step(tour, pattern, test, clearing.cursor, 512).then(step -> unlink(step.found())
                            .map(removed -> clearing.add(
                                    removed, step.next(), tour.servers().size()))),
                    () -> new BackendUnavailableException("the keys did not end"));
        });
    }

    private static final class Clearing {
        final Cursor cursor = new Cursor();
        private long removed;

        /** Answers how many went, when all servers are done; null before. */
        @Nullable
        Long add(long more, long next, int servers) {
            removed += more;
            if (next != 0) {
                cursor.moveTo(next);
                return null;
            }
            if (cursor.server + 1 == servers) {
                return removed;
            }
            cursor.nextServer();
            return null;
        }
    }

    private Call<Long> unlink(List<byte[]> names) {
        if (names.isEmpty()) {
            return Call.done(0L);
        }
        List<Command> commands = new ArrayList<>(names.size());
        names.forEach(name -> commands.add(Command.write(name, UNLINK, name)));
        return redis.callAll(commands).map(outcomes -> outcomes.stream()
                .mapToLong(outcome -> Replies.number(outcome.get()))
                .sum());
    }

    private Call<Scan.Step<byte[]>> step(Tour tour, byte[] pattern, Predicate<byte[]> test, Cursor cursor, int count) {
        if (cursor.server >= tour.servers().size()) {
            throw new BackendRejectedException(
                    "the scan cannot go on: there are fewer primaries than there were; begin it anew");
        }
        Command scan = Command.read(
                null,
                SCAN,
                Command.ascii(Long.toUnsignedString(cursor.position)),
                MATCH,
                pattern,
                COUNT,
                Command.ascii(Integer.toString(count)));
        Node server = tour.servers().get(cursor.server);
        return tour.ask(server, List.of(scan, INFO, SIZE)).map(told -> {
            List<?> reply = Replies.list(told.replies().get(0));
            cursor.check(
                    told.layout(),
                    run(text(told.replies().get(1))),
                    Replies.number(told.replies().get(2)));
            tour.check(told);
            List<byte[]> found = new ArrayList<>();
            for (Object name : Replies.list(reply.get(1))) {
                if (name instanceof byte[] bytes && test.test(bytes)) {
                    found.add(bytes);
                }
            }
            return new Scan.Step<>(Long.parseUnsignedLong(text(reply.get(0))), found);
        });
    }

    static String text(@Nullable Object reply) {
        return reply instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
    }

    private static String run(String info) {
        Matcher run = RUN.matcher(info);
        if (!run.find()) {
            throw new BackendRejectedException("the server does not tell its run_id, which scans need");
        }
        return run.group(1);
    }
}
