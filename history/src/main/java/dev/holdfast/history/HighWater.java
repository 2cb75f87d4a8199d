package dev.holdfast.history;

import static java.util.Comparator.comparingLong;

import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The event with the highest fence among those that had returned by a moment, asked for in the order of the moments. */
final class HighWater<E extends Event> {

    private final List<E> byReturn;
    private final ToLongFunction<E> fence;
    private int passed;
    private @Nullable E highest;

    HighWater(List<E> events, ToLongFunction<E> fence) {
        this.byReturn = events.stream().sorted(comparingLong(Event::ret)).toList();
        this.fence = fence;
    }

    /** The event with the highest fence that returned before this moment, which is not before the last one asked for. */
    @Nullable
    E returnedBefore(long moment) {
        for (; passed < byReturn.size() && byReturn.get(passed).ret() < moment; passed++) {
            E event = byReturn.get(passed);
            if (highest == null || fence.applyAsLong(event) > fence.applyAsLong(highest)) {
                highest = event;
            }
        }
        return highest;
    }
}
