package dev.holdfast.state;

import dev.holdfast.spi.Key;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a scan or a listing. A page may be empty and yet not be the last.
 *
 * @param items what was found, at most as many as asked for
 * @param next where the next page begins, to be passed on as it is; null if this page is the last
 */
public record Page<T>(List<T> items, @Nullable Key next) {
    public Page {
        items = List.copyOf(items);
    }

    /** The same page of other items. */
    public <R> Page<R> map(Function<? super T, ? extends R> change) {
        return new Page<>(items.stream().<R>map(change).toList(), next);
    }
}
