package dev.holdfast.state;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import java.util.List;

/** What can be done with nothing but a scan, page by page. */
final class Scans {
    static final int PAGE = 500;

    private Scans() {}

    static Call<Long> count(StateStore store, Space space, Key prefix) {
        return count(store, space, new ScanRequest(prefix, null, PAGE, false), 0);
    }

    private static Call<Long> count(StateStore store, Space space, ScanRequest request, long before) {
        return store.scan(space, request).then(page -> {
            long counted = before + page.items().size();
            return page.next() == null ? Call.done(counted) : count(store, space, request.from(page.next()), counted);
        });
    }

    static Call<Long> clear(StateStore store, Space space, Key prefix) {
        return clear(store, space, new ScanRequest(prefix, null, PAGE, false), 0);
    }

    private static Call<Long> clear(StateStore store, Space space, ScanRequest request, long before) {
        return store.scan(space, request).then(page -> {
            List<Mutation> deletes = page.items().stream()
                    .map(item -> Mutation.delete(item.key(), Condition.ANY))
                    .toList();
            return store.writeAll(space, deletes).then(outcomes -> {
                long cleared = before
                        + outcomes.stream().filter(outcome -> outcome.get()).count();
                return page.next() == null
                        ? Call.done(cleared)
                        : clear(store, space, request.from(page.next()), cleared);
            });
        });
    }
}
