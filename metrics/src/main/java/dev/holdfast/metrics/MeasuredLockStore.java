package dev.holdfast.metrics;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.state.Page;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Measures every call to a lock store, and follows each hold from the first question for it to its end. */
final class MeasuredLockStore extends ForwardingLockStore {
    private final Recorder recorder;
    private final HoldsInView holds;
    private final Meters meters;

    MeasuredLockStore(LockStore next, Recorder recorder, HoldsInView holds, Meters meters) {
        super(next);
        this.recorder = recorder;
        this.holds = holds;
        this.meters = meters;
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        recorder.quietly(() -> holds.asked(request));
        long sent = recorder.now();
        return recorder.measure(Operation.LOCK_TRY_GRANT, request.name(), () -> next().tryGrant(request), reply -> {
            holds.answered(request, reply, sent);
            return Ending.applied(reply.granted());
        });
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        long sent = recorder.now();
        recorder.quietly(() -> holds.renewing(renewals, sent));
        return recorder.measure(Operation.LOCK_RENEW, null, () -> next().renew(renewals), replies -> {
            holds.renewed(renewals, replies, sent);
            return replies.contains(RenewReply.UNKNOWN)
                    ? Ending.UNKNOWN
                    : Ending.applied(!replies.contains(RenewReply.GONE));
        });
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        boolean[] held = new boolean[1];
        recorder.quietly(() -> held[0] = holds.ending(release.leaseId()));
        return recorder.measure(Operation.LOCK_RELEASE, release.name(), () -> next().release(release), reply -> {
            boolean released = reply == ReleaseReply.RELEASED;
            // A repetition of a release whose answer was lost is not another one.
            if (held[0]) {
                holds.ended(released);
            }
            return Ending.applied(released);
        });
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        recorder.quietly(() -> holds.cancelled(leaseId));
        return recorder.measure(Operation.LOCK_CANCEL, name, () -> next().cancel(name, leaseId), answer -> Ending.OK);
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return recorder.measure(Operation.LOCK_FIND, name, () -> next().find(name), answer -> Ending.OK);
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return recorder.measure(
                Operation.LOCK_LIST, null, () -> next().list(namespace, prefix, from, limit), answer -> Ending.OK);
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return recorder.measure(Operation.LOCK_FORCE_RELEASE, name, () -> next().forceRelease(name), reply -> {
            if (reply != ForceReply.NOT_HELD) {
                meters.forced.increment();
            }
            return Ending.applied(reply != ForceReply.NOT_HELD);
        });
    }

    @Override
    public void listen(Signals signals) {
        next().listen(new Signals() {
            @Override
            public void available(LockName name, @Nullable LeaseId waiter) {
                if (waiter != null) {
                    recorder.quietly(() -> holds.woken(waiter));
                }
                signals.available(name, waiter);
            }

            @Override
            public void contended(LockName name) {
                signals.contended(name);
            }

            @Override
            public void gone(LockName name, LeaseId holder) {
                signals.gone(name, holder);
            }

            @Override
            public void disturbed() {
                signals.disturbed();
            }
        });
    }

    @Override
    public void close() {
        holds.clear();
        super.close();
    }
}
