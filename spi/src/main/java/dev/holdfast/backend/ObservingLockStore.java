package dev.holdfast.backend;

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

/** Reports every call to a lock store. */
final class ObservingLockStore extends ForwardingLockStore {
    private final Observer observer;

    ObservingLockStore(LockStore next, Observer observer) {
        super(next);
        this.observer = observer;
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        return observer.observe("lock.tryGrant", () -> next().tryGrant(request));
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        return observer.observe("lock.renew", () -> next().renew(renewals));
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        return observer.observe("lock.release", () -> next().release(release));
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        return observer.observe("lock.cancel", () -> next().cancel(name, leaseId));
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return observer.observe("lock.find", () -> next().find(name));
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return observer.observe("lock.list", () -> next().list(namespace, prefix, from, limit));
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return observer.observe("lock.forceRelease", () -> next().forceRelease(name));
    }
}
