package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.NonOverlap;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a store may have forgotten after a fault, as its backend declares it. A store that fails over keeps what it acknowledged only if the
 * backend is DURABLE and says that two holders never overlap: what a copy has not heard of a grant, it has not heard of a write.
 */
final class Losses {
    private final boolean durable;
    private final NonOverlap nonOverlap;
    private final Set<Faults.Kind> kinds;

    /** @param kinds what can be done to the store, which tells whether it has processes that end and copies that take over */
    Losses(Backend backend, Set<Faults.Kind> kinds) {
        this(backend.capabilities().contains(Capability.DURABLE), backend.nonOverlap(), kinds);
    }

    Losses(boolean durable, NonOverlap nonOverlap, Set<Faults.Kind> kinds) {
        this.durable = durable;
        this.nonOverlap = nonOverlap;
        this.kinds = kinds;
    }

    /** Whether acknowledged writes may be gone. */
    boolean ofState(Faults.Kind fault) {
        return switch (fault) {
            case CUT, LOSE_REPLIES, SLOW -> false;
            case RESTART, KILL -> !durable || (hasCopies() && failoverLoses());
            // Whoever watches over a silent server may replace it, if there is something to replace it with.
            case PAUSE, BLACK_HOLE -> hasProcesses() && (!durable || (hasCopies() && failoverLoses()));
            case STALL_REPLICATION, FAILOVER, PARTITION -> failoverLoses();
        };
    }

    /** Whether two may be entitled to one lock. */
    boolean ofGrants(Faults.Kind fault) {
        return switch (nonOverlap) {
            case ALWAYS -> ofState(fault);
            // A frozen server whose copies nobody here can name may still have some.
            case UNLESS_FAILOVER -> ofState(fault) || (fault == Faults.Kind.PAUSE && !hasProcesses());
            case UNLESS_SESSION_LOSS -> fault != Faults.Kind.SLOW;
        };
    }

    private boolean failoverLoses() {
        return !durable || nonOverlap != NonOverlap.ALWAYS;
    }

    private boolean hasCopies() {
        return hasAnyOf(EnumSet.of(Faults.Kind.FAILOVER, Faults.Kind.PARTITION, Faults.Kind.STALL_REPLICATION));
    }

    private boolean hasProcesses() {
        return hasAnyOf(EnumSet.of(Faults.Kind.FAILOVER, Faults.Kind.KILL, Faults.Kind.RESTART));
    }

    private boolean hasAnyOf(Set<Faults.Kind> some) {
        return !Collections.disjoint(kinds, some);
    }
}
