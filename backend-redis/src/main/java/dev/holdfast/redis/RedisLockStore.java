package dev.holdfast.redis;

import dev.holdfast.lock.ForceReply;
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
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.state.Page;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Locks on Redis. Each command is one script, whose clock is the server's. Acquiring, renewing and cancelling may be repeated under the
 * same lease id, so a lost reply is not the end of them; a release or a forced one is not repeated here, because the second would not
 * know what the first found. Safe for use by many threads.
 */
final class RedisLockStore implements LockStore {
    private static final int LEASE_BYTES = 16;
    private static final Set<Capability> CAPABILITIES =
            Set.of(Capability.FIFO_ACROSS_PROCESSES, Capability.CROSS_PROCESS, Capability.PUSH);

    private final Redis redis;
    private final LockWakeUps wakeUps;
    private final LockRenewals renewals;
    private final LockListing listing;
    private final Script acquire;
    private final Script release;
    private final Script cancel;
    private final Script force;

    RedisLockStore(Redis redis, Subscriber subscriber) {
        this.redis = redis;
        wakeUps = new LockWakeUps(redis, subscriber);
        renewals = new LockRenewals(redis);
        listing = new LockListing(redis);
        boolean sharded = subscriber.isSharded();
        acquire = Script.publishing("lock_acquire", sharded);
        release = Script.publishing("lock_release", sharded);
        cancel = Script.publishing("lock_cancel", sharded);
        force = Script.publishing("lock_force", sharded);
    }

    @Override
    public Set<Capability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public NonOverlap nonOverlap() {
        return NonOverlap.UNLESS_FAILOVER;
    }

    @Override
    public @Nullable String node(LockName name) {
        return redis.topology().isCluster() ? redis.node(new LockKeys(name).record()) : null;
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        wakeUps.needed();
        List<byte[]> arguments = new ArrayList<>(5);
        arguments.add(holder(request));
        arguments.add(digits(request.ttlMillis()));
        arguments.add(digits(request.above()));
        GrantRequest.Waiting waiting = request.waiting();
        if (waiting != null) {
            arguments.add(digits(waiting.priority()));
            arguments.add(digits(waiting.ttlMillis()));
        }
        Command command = Command.write(acquire, keys(request.name()), arguments);
        return redis.call(command.repeated()).map(RedisLockStore::granted);
    }

    /** Who asks: lease id, client and label. */
    private byte[] holder(GrantRequest request) {
        byte[] client = wakeUps.client();
        byte[] label = request.label().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(LEASE_BYTES + client.length + label.length)
                .put(bytes(request.leaseId()))
                .put(client)
                .put(label)
                .array();
    }

    private List<byte[]> keys(LockName name) {
        return new LockKeys(name).told(redis.isCluster());
    }

    private static GrantReply granted(@Nullable Object reply) {
        if (reply instanceof byte[] digits) {
            return GrantReply.granted(Long.parseLong(new String(digits, StandardCharsets.US_ASCII)), true);
        }
        long number = Replies.number(reply);
        return number > 0 ? GrantReply.granted(number, false) : GrantReply.busy(-number);
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> wanted) {
        return renewals.renew(wanted);
    }

    @Override
    public int renewBatch() {
        return LockRenewals.BATCH;
    }

    @Override
    public Call<ReleaseReply> release(Release wanted) {
        LeaseId to = wanted.offerTo();
        List<byte[]> arguments = to == null
                ? List.of(bytes(wanted.leaseId()))
                : List.of(bytes(wanted.leaseId()), bytes(to), digits(wanted.offerMillis()));
        return redis.call(Command.write(release, keys(wanted.name()), arguments))
                .map(RedisLockStore::released);
    }

    private static ReleaseReply released(@Nullable Object reply) {
        long found = Replies.number(reply);
        return found == 1 ? ReleaseReply.RELEASED : found == 0 ? ReleaseReply.NOT_HELD : ReleaseReply.HELD_BY_OTHER;
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        Command command = Command.write(cancel, keys(name), List.of(bytes(leaseId)));
        return redis.call(command.repeated()).map(done -> null);
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return redis.call(Command.write(force, keys(name), List.of()))
                .map(reply -> Replies.number(reply) == 1 ? ForceReply.DONE : ForceReply.NOT_HELD);
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return listing.find(name);
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return listing.list(namespace, prefix, from, limit);
    }

    @Override
    public void listen(Signals signals) {
        wakeUps.listen(signals);
    }

    @Override
    public void close() {
        wakeUps.close();
    }

    static byte[] bytes(LeaseId leaseId) {
        return ByteBuffer.allocate(LEASE_BYTES)
                .putLong(leaseId.high())
                .putLong(leaseId.low())
                .array();
    }

    static byte[] digits(long number) {
        return Command.ascii(Long.toString(number));
    }
}
