package dev.holdfast.redis;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a walk over the tables of the servers, made of as many steps as it takes. Seen by one thread at a time.
 *
 * @param <T> what a step finds
 */
final class Scan<T> {
    /** What one step found, and where the next one begins: 0 at the end of the server. */
    record Step<T>(long next, List<T> found) {}

    private static final int LEAST_COUNT = 16;
    /** Buckets the server walks through in one step, which it does not interrupt: about 0.2 ms. */
    private static final int MOST_COUNT = 512;
    /** After so many steps a page is given out, be it empty, so that no call lasts long. */
    private static final int MOST_STEPS = 1_000;

    private final ScanRequest request;
    private final int servers;
    private final BiFunction<Cursor, Integer, Call<Step<T>>> step;
    private final Function<T, byte[]> name;
    private final Cursor cursor;
    private final List<T> items = new ArrayList<>();
    private int count;
    private int steps;

    /**
     * @param servers how many there are to walk over
     * @param step walks from the cursor over about so many buckets, and checks the cursor
     * @param name what a found thing is known by
     */
    Scan(ScanRequest request, int servers, BiFunction<Cursor, Integer, Call<Step<T>>> step, Function<T, byte[]> name) {
        this.request = request;
        this.servers = servers;
        this.step = step;
        this.name = name;
        cursor = Cursor.of(request.from());
        count = Math.max(LEAST_COUNT, Math.min(MOST_COUNT, request.limit()));
    }

    Call<Page<T>> page() {
        return Call.attempts(
                MOST_STEPS + 1,
                () -> step.apply(cursor, count).map(this::take),
                () -> new BackendUnavailableException("the page did not end"));
    }

    /** Takes what a step found; answers the page when it is full or the walk is over, null before. */
    private @Nullable Page<T> take(Step<T> found) {
        for (T item : found.found()) {
            if (cursor.knows(name.apply(item))) {
                continue;
            }
            if (items.size() == request.limit()) {
                // The rest of this step is for the next page, which repeats it.
                return new Page<>(items, cursor.toKey());
            }
            items.add(item);
            cursor.returned(name.apply(item));
        }
        if (found.next() != 0) {
            cursor.moveTo(found.next());
        } else if (cursor.server + 1 < servers) {
            cursor.nextServer();
        } else {
            return new Page<>(items, null);
        }
        if (found.found().isEmpty()) {
            count = MOST_COUNT;
        }
        return items.size() == request.limit() || ++steps == MOST_STEPS ? new Page<>(items, cursor.toKey()) : null;
    }
}
