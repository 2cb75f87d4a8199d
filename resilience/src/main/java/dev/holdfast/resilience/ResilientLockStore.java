package dev.holdfast.resilience;

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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Protects calls to a lock store. Those that keep or end what is held already pass everything: an open breaker, a full bulkhead, a time
 * limit. The lock engine repeats them by itself, and knows until when.
 */
final class ResilientLockStore extends ForwardingLockStore {
    private final Protection protection;

    ResilientLockStore(LockStore next, Protection protection) {
        super(next);
        this.protection = protection;
    }

    private @Nullable String server(LockName name) {
        return protection.breakers == null ? null : next().node(name);
    }

    private <T extends @Nullable Object> Call<T> protect(Task task, LockName name, Supplier<Call<T>> port) {
        return protection.protect(task, server(name), port);
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        return protect(Task.LOCK_TRY_GRANT, request.name(), () -> next().tryGrant(request));
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        return protection.observe(null, () -> next().renew(renewals));
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        return protection.observe(server(release.name()), () -> next().release(release));
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        return protection.observe(server(name), () -> next().cancel(name, leaseId));
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return protect(Task.LOCK_FIND, name, () -> next().find(name));
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return protection.protect(Task.LOCK_LIST, null, () -> next().list(namespace, prefix, from, limit));
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return protect(Task.LOCK_FORCE_RELEASE, name, () -> next().forceRelease(name));
    }
}
