package dev.holdfast.state;

import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators.AbstractSpliterator;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Items page by page; a page is asked for only when all before it are consumed. */
final class PageSpliterator<T> extends AbstractSpliterator<T> {
    private final Function<ScanRequest, Page<T>> scan;
    private @Nullable ScanRequest request;
    private List<T> items = List.of();
    private int consumed;

    PageSpliterator(Function<ScanRequest, Page<T>> scan, ScanRequest request) {
        super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
        this.scan = scan;
        this.request = request;
    }

    @Override
    public boolean tryAdvance(Consumer<? super T> action) {
        while (consumed == items.size()) {
            if (request == null) {
                return false;
            }
            Page<T> page = scan.apply(request);
            request = page.next() == null ? null : request.from(page.next());
            items = page.items();
            consumed = 0;
        }
        action.accept(items.get(consumed++));
        return true;
    }
}
