package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.state.Page;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A lock store that passes everything on to another: the base of layers, which override only what they change. */
public abstract class ForwardingLockStore implements LockStore {
    private final LockStore next;

    protected ForwardingLockStore(LockStore next) {
        this.next = next;
    }

    /** The store below. */
    protected final LockStore next() {
        return next;
    }

    @Override
    public Set<Capability> capabilities() {
        return next.capabilities();
    }

    @Override
    public NonOverlap nonOverlap() {
        return next.nonOverlap();
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        return next.tryGrant(request);
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        return next.renew(renewals);
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        return next.release(release);
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        return next.cancel(name, leaseId);
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return next.find(name);
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return next.list(namespace, prefix, from, limit);
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return next.forceRelease(name);
    }

    @Override
    public void listen(Signals signals) {
        next.listen(signals);
    }

    @Override
    public long assuredNanos(LockName name, LeaseId holder) {
        return next.assuredNanos(name, holder);
    }

    @Override
    public int renewBatch() {
        return next.renewBatch();
    }

    @Override
    public @Nullable String node(LockName name) {
        return next.node(name);
    }

    @Override
    public Health health() {
        return next.health();
    }

    @Override
    public Map<String, Long> gauges() {
        return next.gauges();
    }

    @Override
    public void close() {
        next.close();
    }

    @Override
    public String toString() {
        return next.toString();
    }
}
