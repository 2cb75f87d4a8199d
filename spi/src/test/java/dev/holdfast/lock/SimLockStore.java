package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.state.Page;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One process's way to the {@link SimLockServer}. */
final class SimLockStore implements LockStore {
    private final SimNetwork network;
    private final SimLockServer server;
    private final boolean pushes;
    private @Nullable Signals signals;

    SimLockStore(SimNetwork network, SimLockServer server, boolean pushes) {
        this.network = network;
        this.server = server;
        this.pushes = pushes;
        server.connect(this);
    }

    @Override
    public Set<Capability> capabilities() {
        return pushes ? EnumSet.of(Capability.CROSS_PROCESS, Capability.PUSH) : EnumSet.of(Capability.CROSS_PROCESS);
    }

    @Override
    public NonOverlap nonOverlap() {
        return NonOverlap.UNLESS_FAILOVER;
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        return network.send(
                request.name(),
                () -> "tryGrant " + request.name() + " " + request.leaseId() + " " + request.ttlMillis() + " ms",
                () -> server.tryGrant(request));
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        // Renewals owe no order, so each has a lane of its own.
        return network.send(new Object(), () -> "renew " + renewals, () -> server.renew(renewals));
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        return network.send(
                release.name(),
                () -> "release " + release.name() + " " + release.leaseId(),
                () -> server.release(release));
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        return network.send(name, () -> "cancel " + name + " " + leaseId, () -> {
                    server.cancel(name, leaseId);
                    return true;
                })
                .map(done -> null);
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return network.send("looks", () -> "find " + name, () -> server.find(name));
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        throw new UnsupportedOperationException("the simulation lists nothing");
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return network.send("looks", () -> "force " + name, () -> server.forceRelease(name));
    }

    @Override
    public void listen(Signals listener) {
        signals = listener;
    }

    void signal(Consumer<Signals> signal) {
        Signals listener = signals;
        if (pushes && listener != null) {
            network.signal(() -> signal.accept(listener));
        }
    }
}
