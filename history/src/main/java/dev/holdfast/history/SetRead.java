package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

import java.util.Set;

/** Reads a set of {@linkplain Add added} elements whole. */
public record SetRead(String client, String set, Set<String> elements, Outcome outcome, long call, long ret)
        implements Event {
    public SetRead {
        requireNonNull(client);
        requireNonNull(set);
        requireNonNull(outcome);
        elements = Set.copyOf(elements);
        Stamps.check(call, ret);
    }
}
