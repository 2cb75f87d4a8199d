package dev.holdfast.redis;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Counts what is on all pages of a scan. Seen by one thread at a time. */
final class Counting {
    private static final int PAGE = 5_000;

    private final Function<ScanRequest, ? extends Call<? extends Page<?>>> scan;
    private ScanRequest request;
    private long sum;

    Counting(Function<ScanRequest, ? extends Call<? extends Page<?>>> scan, Key prefix) {
        this.scan = scan;
        request = new ScanRequest(prefix, null, PAGE, false);
    }

    Call<Long> call() {
        return Call.attempts(
                Integer.MAX_VALUE,
                () -> scan.apply(request).map(this::add),
                () -> new BackendUnavailableException("the scan did not end"));
    }

    private @Nullable Long add(Page<?> page) {
        sum += page.items().size();
        if (page.next() == null) {
            return sum;
        }
        request = request.from(page.next());
        return null;
    }
}
