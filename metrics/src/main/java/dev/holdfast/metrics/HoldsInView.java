package dev.holdfast.metrics;

import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.LeaseId;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The attempts and holds of this process, by lease id. The engine ends each lease id with a release, a cancel, or the news that it is
 * gone, so none stays here longer than in the engine.
 */
final class HoldsInView {
    private static final class Hold {
        final long askedNanos;
        volatile boolean contended;
        /** When it was told that the lock may be free; only if {@link #isWoken}. */
        volatile long wokenNanos;

        volatile boolean isWoken;
        volatile long grantedNanos;
        volatile boolean granted;
        /** By the clock here, counted from when the last acknowledged command was sent. */
        volatile long endNanos;

        Hold(long askedNanos) {
            this.askedNanos = askedNanos;
        }
    }

    private final ConcurrentHashMap<LeaseId, Hold> holds = new ConcurrentHashMap<>();
    private final Meters meters;
    private final LockCounts counts;
    private final Recorder recorder;

    HoldsInView(Meters meters, LockCounts counts, Recorder recorder) {
        this.meters = meters;
        this.counts = counts;
        this.recorder = recorder;
    }

    void asked(GrantRequest request) {
        holds.computeIfAbsent(request.leaseId(), absent -> new Hold(recorder.now()));
    }

    void answered(GrantRequest request, GrantReply reply, long sent) {
        Hold hold = holds.get(request.leaseId());
        if (hold == null) {
            return;
        }
        if (reply.granted()) {
            hold.endNanos = sent + TimeUnit.MILLISECONDS.toNanos(request.ttlMillis());
            if (!hold.granted) {
                granted(hold);
            }
        } else if (!hold.granted) {
            contended(hold);
            // Who does not wait has had its answer; the engine may end such a lease id without another command.
            if (request.waiting() == null && holds.remove(request.leaseId(), hold)) {
                meters.busy.increment();
                counts.busy.increment();
            }
        }
    }

    /** The last news before the grant counts: what came of those before was another's. */
    void woken(LeaseId leaseId) {
        Hold hold = holds.get(leaseId);
        if (hold != null && !hold.granted) {
            hold.wokenNanos = recorder.now();
            hold.isWoken = true;
        }
    }

    private void contended(Hold hold) {
        if (!hold.contended) {
            hold.contended = true;
            meters.contended.increment();
            counts.contended.increment();
        }
    }

    private void granted(Hold hold) {
        hold.granted = true;
        hold.grantedNanos = recorder.now();
        long waited = hold.grantedNanos - hold.askedNanos;
        meters.acquired.increment();
        meters.waits.record(waited, TimeUnit.NANOSECONDS);
        if (hold.isWoken) {
            meters.handovers.record(hold.grantedNanos - hold.wokenNanos, TimeUnit.NANOSECONDS);
        }
        counts.acquired.increment();
        counts.waitNanos.add(waited);
    }

    void renewing(List<Renewal> renewals, long now) {
        for (Renewal renewal : renewals) {
            Hold hold = holds.get(renewal.leaseId());
            if (hold != null && hold.granted) {
                meters.renewalMargin.record(Math.max(0, hold.endNanos - now), TimeUnit.NANOSECONDS);
            }
        }
    }

    void renewed(List<Renewal> renewals, List<RenewReply> replies, long sent) {
        for (int i = 0; i < replies.size(); i++) {
            Renewal renewal = renewals.get(i);
            switch (replies.get(i)) {
                case RENEWED, CONTENDED -> {
                    Hold hold = holds.get(renewal.leaseId());
                    if (hold != null) {
                        hold.endNanos = sent + TimeUnit.MILLISECONDS.toNanos(renewal.ttlMillis());
                    }
                }
                case GONE -> {
                    if (ending(renewal.leaseId())) {
                        ended(false);
                    }
                }
                case UNKNOWN -> {}
            }
        }
    }

    /** Takes a lease id out of view; whether it held something. */
    boolean ending(LeaseId leaseId) {
        Hold hold = holds.remove(leaseId);
        if (hold == null || !hold.granted) {
            return false;
        }
        held(hold);
        return true;
    }

    private void held(Hold hold) {
        meters.holds.record(recorder.now() - hold.grantedNanos, TimeUnit.NANOSECONDS);
    }

    /** Counts the end of a hold taken out of view. */
    void ended(boolean released) {
        if (released) {
            meters.released.increment();
        } else {
            meters.lost.increment();
            counts.lost.increment();
        }
    }

    void cancelled(LeaseId leaseId) {
        Hold hold = holds.remove(leaseId);
        if (hold == null) {
            return;
        }
        if (hold.granted) {
            held(hold);
        } else {
            meters.gaveUp.increment();
            counts.gaveUp.increment();
        }
    }

    int size() {
        return holds.size();
    }

    void clear() {
        holds.clear();
    }
}
