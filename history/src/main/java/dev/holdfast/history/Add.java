package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

/** Adds an element to a set that only grows, for instance by read, modify and write under a lock. */
public record Add(String client, String set, String element, Outcome outcome, long call, long ret) implements Event {
    public Add {
        requireNonNull(client);
        requireNonNull(set);
        requireNonNull(element);
        requireNonNull(outcome);
        Stamps.check(call, ret);
    }
}
