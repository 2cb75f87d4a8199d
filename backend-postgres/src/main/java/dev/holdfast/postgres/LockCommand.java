package dev.holdfast.postgres;

import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.LeaseId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the engine asks of a lock store, on its way through a lane. */
sealed interface LockCommand {

    /** Asks for a name; answered by a {@link dev.holdfast.lock.GrantReply}. */
    record Grant(GrantRequest request, long key) implements LockCommand {
        LockName name() {
            return request.name();
        }

        LeaseId leaseId() {
            return request.leaseId();
        }
    }

    /**
     * Ends a hold; answered by a {@link dev.holdfast.lock.ReleaseReply}.
     *
     * @param cancels whether a waiter of this lease id leaves its queue too
     */
    record End(LockName name, long key, LeaseId leaseId, @Nullable LeaseId offerTo, long offerMillis, boolean cancels)
            implements LockCommand {}

    /** Renews holds, or none; answered by a list of {@link dev.holdfast.lock.RenewReply}. */
    record Beat(List<Renewal> renewals) implements LockCommand {}

    /** A command and its place in the batch it came in. */
    record Placed<C>(C command, int index) {}

    /** Commands of a batch that can be done together, since no two are of one name. */
    final class Wave {
        final List<Placed<Grant>> grants = new ArrayList<>();
        final List<Placed<End>> ends = new ArrayList<>();
        final List<Placed<Beat>> beats = new ArrayList<>();
        private final Set<Long> keys = new HashSet<>();

        private Wave() {}

        /** Cuts a batch so that the commands of each name keep their order. */
        static List<Wave> of(List<? extends LockCommand> commands) {
            List<Wave> waves = new ArrayList<>(1);
            Wave wave = new Wave();
            waves.add(wave);
            for (int i = 0; i < commands.size(); i++) {
                LockCommand command = commands.get(i);
                if (command instanceof Beat beat) {
                    wave.beats.add(new Placed<>(beat, i));
                    continue;
                }
                long key = command instanceof Grant grant ? grant.key() : ((End) command).key();
                if (!wave.keys.add(key)) {
                    wave = new Wave();
                    waves.add(wave);
                    wave.keys.add(key);
                }
                if (command instanceof Grant grant) {
                    wave.grants.add(new Placed<>(grant, i));
                } else if (command instanceof End end) {
                    wave.ends.add(new Placed<>(end, i));
                }
            }
            return waves;
        }
    }
}
