package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Page;
import dev.holdfast.state.StateStore;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The port of locks: what a backend implements that can do better than single-key conditional writes ({@code StateLockStore} makes a
 * lock store of any state store). The lock engine makes the whole of {@link DistributedLock} of it.
 *
 * <p>A store keeps, for each name, at most one <em>hold</em> (lease id, grant, end), a queue of <em>waiters</em> and at most one
 * <em>offer</em>. Ends are counted by the store's clock. The engine is a careful client: it uses a new random lease id for each
 * acquisition, sends the commands of one name in order, settles lost replies by repeating commands with the same lease id, never
 * trusts a hold longer than its lease less drift from the moment it <em>sent</em> the command that was acknowledged, and treats
 * every signal as a hint that may be late, doubled or lost.
 *
 * <p>What the store owes in return: commands of one name that one engine began one after the other take effect in that order, although
 * the engine did not wait for answers. Where a server rearranges itself they may overtake each other all the same: that is safe, for no
 * lease id is used for two acquisitions, but costs a waiter a question. Renewals, which are of many names, owe no order, not even those of
 * one name: each takes effect at some moment between its beginning and its answer, or later if its outcome is unknown. So the engine trusts
 * what the store acknowledges no further than the shortest renewal of the same lease id that was under way meanwhile. Commands of
 * different names have no order. A hold that ended is over for everybody, its own holder too, and is passed on like a released one: to the first live waiter before any newcomer. A store
 * that does not declare {@link Capability#FIFO_ACROSS_PROCESSES} may do without a queue and give a free name to whoever asks first; it
 * still keeps the offers made by name in a release, on which handing a lock over rests, and tells a holder that others wait as far as it
 * can know, since on that the engine gives way.
 *
 * <p>So every command here may be repeated, may come late, and may come after its sender has given up. Errors are of the
 * {@link dev.holdfast.spi.BackendException} tree. Safe for use by many threads.
 */
public interface LockStore extends AutoCloseable {

    /** Of these the engine reads FIFO_ACROSS_PROCESSES, CROSS_PROCESS and PUSH. */
    Set<Capability> capabilities();

    /** What the store promises about two holders of one lock. */
    NonOverlap nonOverlap();

    /**
     * Asks for a name.
     *
     * <p>In this order: a hold by this lease id, not ended, is renewed to at least {@code ttl} from now and granted again, with the
     * same grant if that is above {@code request.above()}, else with a new one. A free name (no hold, or an ended one, and no live offer
     * to another) is granted, and the request leaves the queue. A name offered to this lease id is granted and the offer is over.
     * Otherwise the answer is busy; if the request waits, its place in the queue is made or kept and its waiter lease renewed.
     *
     * <p>A grant is {@code max(previous grant of this name + 1, request.above() + 1, store time in microseconds)}, and greater than every
     * earlier grant of the name, also when the store has forgotten the name. Instead of the time, a store may use a number that rises with
     * each grant of any name, if it is never far ahead of the time, nor behind when the store has forgotten it.
     */
    Call<GrantReply> tryGrant(GrantRequest request);

    /**
     * Renews several holds to {@code ttl} from now, each for itself, and answers in order. A hold that ended, was released or forced, or
     * belongs to another lease id is not renewed and not made anew. Grants do not change. Unknown names are not an error. If only a part of
     * the store fails, its holds are answered {@link RenewReply#UNKNOWN}; if all of it does, that is the call's error, as it is for a single
     * renewal.
     */
    Call<List<RenewReply>> renew(List<Renewal> renewals);

    /**
     * Ends the hold of this lease id, if it is there. The name is then offered to the lease id named in the request, or to the first live
     * waiter; dead waiters are skipped by store time. An offer reserves the name for a short time only: its waiter gets it by asking.
     */
    Call<ReleaseReply> release(Release release);

    /** Takes a waiter out of the queue and passes on an offer it may have; also ends a hold of this lease id, which nobody will use. */
    Call<@Nullable Void> cancel(LockName name, LeaseId leaseId);

    /** The hold on a name, or null if it is free. Never disturbs it. */
    Call<@Nullable LockInfo> find(LockName name);

    /** One page of the holds of a namespace whose names begin with the prefix, each at most once over all pages. */
    Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit);

    /** Ends the hold on a name, whoever has it, and passes the name on like {@link #release}. */
    Call<ForceReply> forceRelease(LockName name);

    /**
     * Begins to send signals to this listener until the store is closed; called once, before the first command. A store without
     * {@link Capability#PUSH} ignores it, and the engine polls.
     */
    default void listen(Signals signals) {}

    /** An answer of {@link #assuredNanos}: the store knows that the hold is gone. */
    long GONE = Long.MIN_VALUE;

    /**
     * For how long from now a hold lasts even if this process falls silent at once, in nanoseconds; not positive if it may be over, {@link #GONE} if it is. A store
     * whose server frees the locks of a silent process before their leases end says so here, counting from when it sent the last command
     * that was answered. The engine trusts no hold beyond it, and calls it at risk below a quarter of the shortest lease. Asked on every
     * look at a guard: it must not block.
     */
    default long assuredNanos(LockName name, LeaseId holder) {
        return Long.MAX_VALUE;
    }

    /** The most names the engine should put in one {@link #renew}. */
    default int renewBatch() {
        return 1_000;
    }

    /** The server that has a name, where the store has several of which each can fail by itself, else null; see {@link StateStore#node}. */
    default @Nullable String node(LockName name) {
        return null;
    }

    /** What it knows of its own health without asking anybody, beside what the state store finds out. */
    default Health health() {
        return Health.UP;
    }

    /** Numbers the store can tell at once, by a name in lower.dotted form. */
    default Map<String, Long> gauges() {
        return Map.of();
    }

    /** Frees what the store keeps for locks. The framework calls it once, before the state store's close. */
    @Override
    default void close() {}

    /**
     * Locks on a state store that needs nothing but conditional writes: slower than a lock store of its own, and right. Waiters poll, and no
     * order among processes is kept. Takes over from a holder that died only after watching its record stand still for its whole lease.
     * Closing it leaves the state store open.
     *
     * @param time the clock it watches by
     */
    static LockStore over(StateStore store, Time time) {
        return new StateLockStore(store, time, LockSettings.defaults().clockDrift());
    }

    /** Hints to the engine. Each may come late, twice, or never. Methods return quickly and do not throw. */
    interface Signals {
        /** The name may be free for, or offered to, the waiter with this lease id; null means any waiter for the name. */
        void available(LockName name, @Nullable LeaseId waiter);

        /** Somebody of another process waits for this name. */
        void contended(LockName name);

        /** The hold may be gone: forced, or its session lost. */
        void gone(LockName name, LeaseId holder);

        /** Signals may have been missed, or the store may have failed over: re-validate every hold and ask again for every waiter. */
        void disturbed();
    }
}
