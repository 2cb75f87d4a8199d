package dev.holdfast.state;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** What can be done with nothing but a scan, page by page. */
final class Scans {
    static final int PAGE = 500;

    private Scans() {}

    static Call<Long> count(StateStore store, Space space, Key prefix) {
        return pages(
                request -> store.scan(space, request),
                prefix,
                page -> Call.done((long) page.items().size()));
    }

    static Call<Long> clear(StateStore store, Space space, Key prefix) {
        return pages(request -> store.scan(space, request), prefix, page -> {
            List<Mutation> deletes = new ArrayList<>(page.items().size());
            page.items().forEach(item -> deletes.add(Mutation.delete(item.key(), Condition.ANY)));
            return deletes.isEmpty()
                    ? Call.done(0L)
                    : store.writeAll(space, deletes)
                            .map(outcomes ->
                                    outcomes.stream().filter(Outcome::get).count());
        });
    }

    /** Handles every page under a prefix, one after the other, and answers the sum of what that answers. */
    static <T> Call<Long> pages(
            Function<ScanRequest, Call<Page<T>>> scan, Key prefix, Function<Page<T>, Call<Long>> handle) {
        return Call.defer(() -> {
            Progress progress = new Progress(new ScanRequest(prefix, null, PAGE, false));
            return Call.attempts(
                    Integer.MAX_VALUE,
                    () -> scan.apply(progress.request)
                            .then(page -> handle.apply(page).map(handled -> progress.add(handled, page.next()))),
                    () -> new BackendUnavailableException("the scan did not end"));
        });
    }

    /** The items of all pages, each page asked for when the stream gets there. Nothing is held between two pages. */
    static <T> Stream<T> stream(Function<ScanRequest, Page<T>> scan, Key prefix) {
        return StreamSupport.stream(new PageSpliterator<>(scan, new ScanRequest(prefix, null, PAGE, false)), false);
    }

    /** Where a walk over pages stands: one page after the other, seen by one thread at a time. */
    private static final class Progress {
        private ScanRequest request;
        private long sum;

        Progress(ScanRequest request) {
            this.request = request;
        }

        /** Answers the sum after the last page, null before. */
        @Nullable
        Long add(long handled, @Nullable Key next) {
            sum += handled;
            if (next == null) {
                return sum;
            }
            request = request.from(next);
            return null;
        }
    }
}
