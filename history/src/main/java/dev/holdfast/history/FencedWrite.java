package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

/**
 * A write under a fence, or anything else that shows a fence to the scope, such as opening a fenced view.
 * {@link Outcome#REFUSED} means that the fence was found superseded.
 *
 * @param fence {@code Long.MAX_VALUE} if the store chose it and the client never learned which
 */
public record FencedWrite(String client, String scope, long fence, Outcome outcome, long call, long ret)
        implements Event {
    public FencedWrite {
        requireNonNull(client);
        requireNonNull(scope);
        requireNonNull(outcome);
        Stamps.check(call, ret);
    }
}
