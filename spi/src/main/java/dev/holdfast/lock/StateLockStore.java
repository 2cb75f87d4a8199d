package dev.holdfast.lock;

import dev.holdfast.lock.LockRecord.State;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Locks on a store that has nothing but single-key conditional writes, and no clock.
 *
 * <p><b>Lease.</b> A name's one record says who holds it and for what length. Each renewal gives it a new version. A contender takes it
 * over when the version stood still for {@code length * (1 + drift)} on the contender's own clock, counted from when it <em>received</em>
 * its first read of that version: later than the holder sent it, so the holder's entitlement is over by then. The takeover demands the
 * version, so of a late renewal and a takeover one wins.
 *
 * <p><b>Grant.</b> While a name has a record, the next grant is above the one in it. A release would forget it with the record, so it
 * first raises a floor that many names share, and deletes then. A fresh claim compares itself with the floor only after its record
 * is there: nobody else can hold, release and raise the floor behind its back. So nothing remains of a name that was released; of a
 * process that died, its records remain until somebody asks for those names.
 *
 * <p><b>Lost replies.</b> Versions never repeat, so reading the record again tells whether a conditional write was applied, unless the
 * record is still as it was before: then the write may yet come, and the command is unknown.
 *
 * <p>There is no queue: waiters poll, and who comes first gets the lock. Grants and renewals always say that the name is contended,
 * because nobody can know, and the engine then shares it in time.
 *
 * <p>The commands of one name are done in the order in which they were begun, as in a store that one connection leads to. Safe for use
 * by many threads.
 */
final class StateLockStore implements LockStore {
    private static final int FLOORS = 64;
    private static final int OBSERVED_NAMES = 4_096;
    /** Somebody else moved ahead in each round that is lost, so many rounds mean a store that does not do as it says. */
    private static final int ROUNDS = 64;

    private final StateStore store;
    private final Time time;
    private final double drift;
    private final Observations observations = new Observations(OBSERVED_NAMES);
    private final Lanes lanes = new Lanes();

    StateLockStore(StateStore store, Time time, double drift) {
        this.store = store;
        this.time = time;
        this.drift = drift;
    }

    @Override
    public Set<Capability> capabilities() {
        Set<Capability> kept = EnumSet.of(Capability.CROSS_PROCESS, Capability.DURABLE);
        kept.retainAll(store.capabilities());
        return kept;
    }

    @Override
    public NonOverlap nonOverlap() {
        return NonOverlap.ALWAYS;
    }

    // --- Grants

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        // A name not seen before is probably free: claim it without looking. A waiter looks, so that it does not poll
        // with writes.
        return inOrder(
                request.name(),
                () -> observations.has(request.name()) ? look(request, 0) : claim(request, null, null, 0));
    }

    private Call<GrantReply> look(GrantRequest request, int round) {
        if (round == ROUNDS) {
            return Call.failed(restless(request.name()));
        }
        return read(request.name()).then(stored -> {
            if (stored == null) {
                return claim(request, null, null, round);
            }
            LockRecord record = LockRecord.of(stored);
            if (record.leaseId().equals(request.leaseId())) {
                return record.state() == State.HELD
                        ? grantAgain(request, record, stored.version(), round)
                        : claim(request, record, stored.version(), round);
            }
            long stood = observations.stoodStill(request.name(), stored.version(), time.nanos());
            long patience = patienceNanos(record.lengthMillis());
            return stood >= patience
                    ? claim(request, record, stored.version(), round)
                    : Call.done(GrantReply.busy(Math.max(1, (patience - stood) / 1_000_000)));
        });
    }

    private long patienceNanos(long lengthMillis) {
        return (long) Math.ceil(lengthMillis * 1e6 * (1 + drift));
    }

    /** Takes a name that is free, offered to the asker, half claimed by it, or whose record stood still long enough. */
    private Call<GrantReply> claim(
            GrantRequest request, @Nullable LockRecord before, @Nullable Version version, int round) {
        long previous = before == null ? 0 : before.grant();
        // The grant of a hold is above the floor, so what follows it is too. A claim says nothing about the floor.
        State state = before == null || before.state() == State.CLAIMED ? State.CLAIMED : State.HELD;
        LockRecord mine = new LockRecord(
                state, request.leaseId(), nextGrant(request, previous), request.ttlMillis(), request.label());
        Version fresh = Version.fresh();
        return write(request.name(), version, mine.toStored(fresh)).then(won -> {
            if (!won) {
                return look(request, round + 1);
            }
            return state == State.HELD ? granted(request, mine) : settle(request, mine, fresh, round);
        });
    }

    private Call<GrantReply> settle(GrantRequest request, LockRecord claim, Version version, int round) {
        Call<GrantReply> settled = readFloor(request.name()).then(floor -> {
            LockRecord mine = claim.with(State.HELD, Math.max(claim.grant(), grantOf(floor) + 1));
            return write(request.name(), version, mine.toStored(Version.fresh()))
                    .then(won -> won ? granted(request, mine) : look(request, round + 1));
        });
        // The claim is there: whatever failed after it, the command did not certainly fail.
        return settled.rescue(
                error -> Call.failed(unknown("the claim of " + request.name() + " was not settled", error)));
    }

    private Call<GrantReply> grantAgain(GrantRequest request, LockRecord record, Version version, int round) {
        long grant = record.grant() > request.above() ? record.grant() : nextGrant(request, record.grant());
        LockRecord mine = new LockRecord(
                State.HELD,
                request.leaseId(),
                grant,
                Math.max(record.lengthMillis(), request.ttlMillis()),
                request.label());
        return write(request.name(), version, mine.toStored(Version.fresh()))
                .then(won -> won ? granted(request, mine) : look(request, round + 1));
    }

    private Call<GrantReply> granted(GrantRequest request, LockRecord mine) {
        observations.forget(request.name());
        return Call.done(GrantReply.granted(mine.grant(), true));
    }

    private long nextGrant(GrantRequest request, long previous) {
        return Math.max(Math.max(previous, request.above()) + 1, time.wallMicros());
    }

    // --- Renewals

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        List<Call<RenewReply>> calls = new ArrayList<>(renewals.size());
        // Not in order with the name's other commands: a renewal must not wait for them, and its version decides.
        renewals.forEach(renewal -> calls.add(renew(renewal, 0)));
        return Call.all(calls);
    }

    private Call<RenewReply> renew(Renewal renewal, int round) {
        if (round == ROUNDS) {
            return Call.failed(restless(renewal.name()));
        }
        return read(renewal.name()).then(stored -> {
            LockRecord record = stored == null ? null : legible(stored);
            if (stored == null
                    || record == null
                    || record.state() != State.HELD
                    || !record.leaseId().equals(renewal.leaseId())) {
                return Call.done(RenewReply.GONE);
            }
            LockRecord longer =
                    new LockRecord(State.HELD, record.leaseId(), record.grant(), renewal.ttlMillis(), record.label());
            return write(renewal.name(), stored.version(), longer.toStored(Version.fresh()))
                    .then(won -> won ? Call.done(RenewReply.CONTENDED) : renew(renewal, round + 1));
        });
    }

    /** The record, or null if it is none: one spoilt record must not fail the renewals beside it. */
    private static @Nullable LockRecord legible(Stored stored) {
        try {
            return LockRecord.of(stored);
        } catch (CorruptValueException spoilt) {
            return null;
        }
    }

    // --- Ends

    @Override
    public Call<ReleaseReply> release(Release release) {
        return inOrder(release.name(), () -> release(release, 0));
    }

    private Call<ReleaseReply> release(Release release, int round) {
        if (round == ROUNDS) {
            return Call.failed(restless(release.name()));
        }
        return read(release.name()).then(stored -> {
            LockRecord record = stored == null ? null : LockRecord.of(stored);
            if (stored == null || record == null || record.state() == State.OFFERED) {
                return Call.done(ReleaseReply.NOT_HELD);
            }
            if (!record.leaseId().equals(release.leaseId())) {
                return Call.done(ReleaseReply.HELD_BY_OTHER);
            }
            return (release.offerTo() == null
                            ? end(release.name(), record, stored.version())
                            : offer(release, release.offerTo(), record, stored.version()))
                    .then(ended -> ended ? Call.done(ReleaseReply.RELEASED) : release(release, round + 1));
        });
    }

    private Call<Boolean> offer(Release release, LeaseId receiver, LockRecord record, Version version) {
        LockRecord offer =
                new LockRecord(State.OFFERED, receiver, record.grant(), release.offerMillis(), record.label());
        return write(release.name(), version, offer.toStored(Version.fresh()));
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        // What was observed stays: those who ask in short tries would otherwise never have seen a record stand still
        // for its length.
        return inOrder(name, () -> cancel(name, leaseId, 0)).map(done -> null);
    }

    private Call<Boolean> cancel(LockName name, LeaseId leaseId, int round) {
        if (round == ROUNDS) {
            return Call.failed(restless(name));
        }
        return read(name).then(stored -> {
            LockRecord record = stored == null ? null : LockRecord.of(stored);
            if (stored == null || record == null || !record.leaseId().equals(leaseId)) {
                return Call.done(true);
            }
            return end(name, record, stored.version())
                    .then(ended -> ended ? Call.done(true) : cancel(name, leaseId, round + 1));
        });
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return inOrder(name, () -> forceRelease(name, 0));
    }

    private Call<ForceReply> forceRelease(LockName name, int round) {
        if (round == ROUNDS) {
            return Call.failed(restless(name));
        }
        return read(name).then(stored -> {
            LockRecord record = stored == null ? null : LockRecord.of(stored);
            if (stored == null || record == null || record.state() == State.OFFERED) {
                return Call.done(ForceReply.NOT_HELD);
            }
            return end(name, record, stored.version())
                    .then(ended -> ended ? Call.done(ForceReply.DONE) : forceRelease(name, round + 1));
        });
    }

    /** Raises the floor, then deletes the record if it still has this version; false if the lease id's record has another by now. */
    private Call<Boolean> end(LockName name, LockRecord record, Version version) {
        Call<Boolean> deleted =
                Call.defer(() -> store.write(records(name), Mutation.delete(key(name), Condition.version(version)))
                        .rescue(error -> ifUnknown(error, () -> settleDelete(name, record, version, error))));
        return raiseFloor(name, record.grant(), 0).then(raised -> deleted);
    }

    private Call<Boolean> settleDelete(LockName name, LockRecord record, Version version, BackendException error) {
        return reread(name, error).then(now -> {
            if (now == null) {
                return Call.done(true);
            }
            return now.version().equals(version)
                    ? Call.failed(error)
                    : Call.done(!LockRecord.of(now).leaseId().equals(record.leaseId()));
        });
    }

    // --- Looking

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return read(name).map(stored -> stored == null ? null : info(name.name(), LockRecord.of(stored)));
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return store.scan(records(namespace), new ScanRequest(prefix, from, limit, false))
                .map(page -> {
                    List<LockInfo> held = new ArrayList<>(page.items().size());
                    for (KeyedValue item : page.items()) {
                        String name = new String(item.key().toBytes(), StandardCharsets.UTF_8);
                        LockInfo info = info(name, LockRecord.of(item.stored()));
                        if (info != null) {
                            held.add(info);
                        }
                    }
                    return new Page<>(held, page.next());
                });
    }

    /** A hold; its end is unknown, and the longest it can last is told. */
    private static @Nullable LockInfo info(String name, LockRecord record) {
        return record.state() == State.OFFERED
                ? null
                : new LockInfo(name, record.grant(), record.label(), Duration.ofMillis(record.lengthMillis()));
    }

    // --- Floors

    private Call<@Nullable Stored> readFloor(LockName name) {
        return store.read(floors(name), floorKey(name));
    }

    private static long grantOf(@Nullable Stored floor) {
        if (floor == null) {
            return 0;
        }
        if (floor.encoding() != Stored.PLAIN || floor.bytes().length != Long.BYTES) {
            throw new CorruptValueException("not a floor of grants: " + floor);
        }
        return ByteBuffer.wrap(floor.bytes()).getLong();
    }

    private Call<Boolean> raiseFloor(LockName name, long grant, int round) {
        if (round == ROUNDS) {
            return Call.failed(restless(name));
        }
        return readFloor(name).then(floor -> {
            if (grantOf(floor) >= grant) {
                return Call.done(true);
            }
            byte[] raised = ByteBuffer.allocate(Long.BYTES).putLong(grant).array();
            Condition unchanged = floor == null ? Condition.ABSENT : Condition.version(floor.version());
            Mutation raise = Mutation.put(floorKey(name), unchanged, Stored.plain(raised, Version.fresh()), 0);
            // Another name may have raised it higher meanwhile, and an unknown raise is told by reading: both go round.
            return store.write(floors(name), raise)
                    .rescue(error -> ifUnknown(error, () -> Call.done(false)))
                    .then(won -> won ? Call.done(true) : raiseFloor(name, grant, round + 1));
        });
    }

    // --- Single keys

    private Call<@Nullable Stored> read(LockName name) {
        return store.read(records(name), key(name)).map(stored -> {
            if (stored == null) {
                observations.forget(name);
            }
            return stored;
        });
    }

    /** Writes if the record has this version, or is absent; settles a lost reply. */
    private Call<Boolean> write(LockName name, @Nullable Version expected, Stored stored) {
        Condition unchanged = expected == null ? Condition.ABSENT : Condition.version(expected);
        return store.write(records(name), Mutation.put(key(name), unchanged, stored, 0))
                .rescue(error -> ifUnknown(error, () -> settleWrite(name, expected, stored.version(), error)));
    }

    private Call<Boolean> settleWrite(
            LockName name, @Nullable Version expected, Version written, BackendException error) {
        return reread(name, error).then(now -> {
            Version current = now == null ? null : now.version();
            if (written.equals(current) && store.seenIsDone()) {
                return Call.done(true);
            }
            return written.equals(current) || Objects.equals(current, expected) ? Call.failed(error) : Call.done(false);
        });
    }

    /** Reads to settle a lost reply; if that fails too, the first error stands. */
    private Call<@Nullable Stored> reread(LockName name, BackendException error) {
        return read(name).rescue(again -> Call.failed(error));
    }

    private static Call<Boolean> ifUnknown(BackendException error, Supplier<Call<Boolean>> settle) {
        return error instanceof OutcomeUnknownException ? settle.get() : Call.failed(error);
    }

    private static OutcomeUnknownException unknown(String message, BackendException error) {
        return error instanceof OutcomeUnknownException known ? known : new OutcomeUnknownException(message, error);
    }

    private static BackendUnavailableException restless(LockName name) {
        return new BackendUnavailableException(
                "the records of lock " + name + " changed " + ROUNDS + " times while they were to be written");
    }

    private <T> Call<T> inOrder(LockName name, Supplier<Call<T>> command) {
        return Call.ofStage(() -> lanes.begin(name, () -> command.get().start()));
    }

    private static Space records(LockName name) {
        return records(name.namespace());
    }

    private static Space records(String namespace) {
        return Space.internal(namespace, "locks");
    }

    private static Key key(LockName name) {
        return Key.of(name.name());
    }

    private static Space floors(LockName name) {
        return Space.internal(name.namespace(), "lock-floors");
    }

    private static Key floorKey(LockName name) {
        return Key.of(new byte[] {(byte) Math.floorMod(name.name().hashCode(), FLOORS)});
    }

    @Override
    public Map<String, Long> gauges() {
        return Map.of("locks.observed", (long) observations.size());
    }

    @Override
    public void close() {
        observations.clear();
    }

    @Override
    public String toString() {
        return "locks(" + store + ")";
    }
}
