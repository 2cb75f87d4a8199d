package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

/** An answer to "do I still hold this grant?": {@link Outcome#OK} for yes, {@link Outcome#REFUSED} for no. */
public record HeldSample(String client, String lock, long fence, Outcome outcome, long call, long ret)
        implements Event {
    public HeldSample {
        requireNonNull(client);
        requireNonNull(lock);
        requireNonNull(outcome);
        Stamps.check(call, ret);
    }
}
