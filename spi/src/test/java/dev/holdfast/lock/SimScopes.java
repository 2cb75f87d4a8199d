package dev.holdfast.lock;

import dev.holdfast.history.Call;
import dev.holdfast.lock.SimFailure.Rule;
import java.util.Map;
import java.util.TreeMap;

/**
 * The fenced scopes, one for each name: opening raises the mark, a commit demands that it equals. So an order of fences that differs from
 * the order of the guards shows as a superseded writer accepted, or as the one writer refused.
 */
final class SimScopes {
    private final SimWorld world;
    private final Map<String, Scope> scopes = new TreeMap<>();

    private static final class Scope {
        private long mark;
        /** Whether the mark is that of a guard whose place in the order is known. */
        private boolean inOrder;
        /** The latest guard, in the order of delivery, that opened the scope. */
        private long latest;
    }

    SimScopes(SimWorld world) {
        this.world = world;
    }

    /** The first write of a guard opens the view. */
    void write(SimChecks.Holder holder, boolean opens, SimNetwork network) {
        Call recorded = holder.recorder.fencedWrite(holder.name, holder.fence);
        network.<Boolean>send(new Object(), () -> "commit " + holder, () -> apply(holder, opens))
                .start()
                .whenComplete((applied, error) -> {
                    if (error != null) {
                        recorded.unknown();
                    } else if (applied) {
                        holder.opened = true;
                        recorded.ok();
                    } else {
                        recorded.refused();
                    }
                });
    }

    private boolean apply(SimChecks.Holder holder, boolean opens) {
        Scope scope = scopes.computeIfAbsent(holder.name, any -> new Scope());
        if (opens) {
            scope.inOrder = holder.fence > scope.mark ? holder.isInOrder() : scope.inOrder;
            scope.mark = Math.max(scope.mark, holder.fence);
        }
        boolean accepted = scope.mark == holder.fence;
        world.trace(() -> "scope " + holder.name + (accepted ? " accepts " : " refuses ") + holder);
        if (!holder.isInOrder()) {
            return accepted;
        }
        if (accepted && scope.latest > holder.delivered) {
            throw new SimFailure(Rule.SCOPE, holder + " was accepted after its successor had written");
        }
        if (!accepted && opens && scope.inOrder && scope.latest < holder.delivered) {
            throw new SimFailure(Rule.SCOPE, holder + " was refused though no later guard had opened the scope");
        }
        if (accepted) {
            scope.latest = Math.max(scope.latest, holder.delivered);
        }
        return accepted;
    }
}
