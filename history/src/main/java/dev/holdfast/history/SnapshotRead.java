package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * Reads several keys of a scope at once, where writers always write all of them in one atomic batch.
 *
 * @param generations for each key that was asked for, the number of the batch its value came from; 0 if it was absent
 */
public record SnapshotRead(
        String client, String scope, Map<String, Long> generations, Outcome outcome, long call, long ret)
        implements Event {
    public SnapshotRead {
        requireNonNull(client);
        requireNonNull(scope);
        requireNonNull(outcome);
        generations = Map.copyOf(generations);
        Stamps.check(call, ret);
    }
}
