package dev.holdfast.tck;

import dev.holdfast.history.Event;
import java.util.List;

/** The rule was run, but what it saw proves nothing: measurements came too late, or nothing happened at the same time. */
final class Inconclusive extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Event> history;

    Inconclusive(String message) {
        this(message, List.of());
    }

    /** Of a history that could not be decided, and may be with a larger budget. */
    Inconclusive(String message, List<Event> history) {
        super(message);
        this.history = List.copyOf(history);
    }

    /** Empty if the rule judges none. */
    List<Event> history() {
        return history;
    }
}
