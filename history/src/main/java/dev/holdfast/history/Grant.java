package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An attempt to acquire a lock and, if it was granted, what became of the grant.
 *
 * @param fence the fencing token of the grant; 0 unless granted
 * @param leaseNanos how long the grant lasts from the moment its request was sent; 0 unless granted
 * @param sent when the request that was granted left the client, if known. An acquire that waits sends several, so its call
 *     may be long before; where this is {@code null} each check takes the bound that favours the backend
 * @param renewals in the order of their calls. Leaving some out weakens {@link Rule#MUTEX} and makes {@link Rule#HONESTY}
 *     meaningless
 * @param end how the client let go of the grant; {@code null} if it died or history ended first, and the lease then runs out
 *     by itself
 */
public record Grant(
        String client,
        String lock,
        Outcome outcome,
        long fence,
        long leaseNanos,
        @Nullable Long sent,
        List<Renewal> renewals,
        @Nullable End end,
        long call,
        long ret)
        implements Event {

    /** A request to let the lease run {@code leaseNanos} anew from the moment the request is sent. */
    public record Renewal(long leaseNanos, Outcome outcome, long call, long ret) {
        public Renewal {
            requireNonNull(outcome);
            Stamps.check(call, ret);
        }
    }

    /** The moment from which the client no longer claims the grant. A loss is noticed at once: its two stamps are equal. */
    public record End(Kind kind, long call, long ret) {
        /** Why a grant ended. */
        public enum Kind {
            /** The client gave it back, or somebody forced it free; whatever the backend answered. */
            RELEASED,
            /** The client was told, or found by its own clock, that the grant is lost. */
            LOST
        }

        public End {
            requireNonNull(kind);
            Stamps.check(call, ret);
        }
    }

    public Grant {
        requireNonNull(client);
        requireNonNull(lock);
        requireNonNull(outcome);
        renewals = List.copyOf(renewals);
        Stamps.check(call, ret);
    }
}
