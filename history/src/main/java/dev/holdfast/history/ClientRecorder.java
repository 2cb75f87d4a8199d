package dev.holdfast.history;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Records the events of one client: each method stamps the call and returns a handle on which the outcome is told once the
 * backend has answered. Safe for use by many threads, though it is cheapest with one.
 *
 * <pre>{@code
 * Call put = client.put("k", "v1");
 * try {
 *     store.put("k", "v1");
 *     put.ok();
 * } catch (OutcomeUnknownException e) {
 *     put.unknown();
 * }
 * }</pre>
 */
public final class ClientRecorder {

    private final String name;
    private final LongSupplier clock;
    private final List<Pending> calls = new ArrayList<>();

    ClientRecorder(String name, LongSupplier clock) {
        this.name = name;
        this.clock = clock;
    }

    /** Calls {@link Operation.Kind#GET}; told with the value that was read, {@code null} for absent. */
    @SuppressWarnings("NullAway") // it does not see that the result of this read may be null
    public ReadCall<@Nullable String> get(String key) {
        return begin(new ReadCall<>(
                this,
                null,
                (value, outcome, call, ret) ->
                        new Operation(name, key, Operation.Kind.GET, null, value, outcome, call, ret)));
    }

    /** Calls {@link Operation.Kind#PUT}. */
    public Call put(String key, @Nullable String value) {
        return write(key, Operation.Kind.PUT, null, value);
    }

    /** Calls {@link Operation.Kind#PUT_IF_ABSENT}. */
    public Call putIfAbsent(String key, String value) {
        return write(key, Operation.Kind.PUT_IF_ABSENT, null, value);
    }

    /** Calls {@link Operation.Kind#COMPARE_AND_SET}. */
    public Call compareAndSet(String key, @Nullable String expected, @Nullable String value) {
        return write(key, Operation.Kind.COMPARE_AND_SET, expected, value);
    }

    /** Calls {@link Operation.Kind#DELETE}. */
    public Call delete(String key) {
        return write(key, Operation.Kind.DELETE, null, null);
    }

    /**
     * Tells that a value this client has put ends by itself: {@link Operation.Kind#EXPIRE}.
     *
     * @param value written to the key by this call alone
     * @param first the moment, by the recorder's clock, before which its time cannot be over
     * @param last the moment after which it must be; {@code Long.MAX_VALUE} if nobody knows whether it was put
     */
    public void ends(String key, String value, long first, long last) {
        Outcome outcome = last == Long.MAX_VALUE ? Outcome.UNKNOWN : Outcome.OK;
        Operation end = new Operation(name, key, Operation.Kind.EXPIRE, value, null, outcome, first, last);
        synchronized (calls) {
            calls.add(new Pending(this) {
                @Override
                Event event() {
                    return end;
                }
            });
        }
    }

    /** Calls for a lock. */
    public GrantCall acquire(String lock) {
        return begin(new GrantCall(this, name, lock));
    }

    /** Asks whether the grant with this fence is still held: {@code ok()} if told yes, {@code refused()} if told no. */
    public Call held(String lock, long fence) {
        return begin(new Call(this, (outcome, call, ret) -> new HeldSample(name, lock, fence, outcome, call, ret)));
    }

    /** Calls a write under a fence, or opens a fenced view. */
    public Call fencedWrite(String scope, long fence) {
        return begin(new Call(this, (outcome, call, ret) -> new FencedWrite(name, scope, fence, outcome, call, ret)));
    }

    /** Adds an element to a set that only grows. */
    public Call add(String set, String element) {
        return begin(new Call(this, (outcome, call, ret) -> new Add(name, set, element, outcome, call, ret)));
    }

    /** Reads a set of added elements whole. */
    public ReadCall<Set<String>> readSet(String set) {
        return begin(new ReadCall<>(
                this,
                Set.of(),
                (elements, outcome, call, ret) -> new SetRead(name, set, elements, outcome, call, ret)));
    }

    /** Reads several keys of a scope at once; told with each key's generation, 0 for an absent key. */
    public ReadCall<Map<String, Long>> readSnapshot(String scope) {
        return begin(new ReadCall<>(
                this,
                Map.of(),
                (generations, outcome, call, ret) -> new SnapshotRead(name, scope, generations, outcome, call, ret)));
    }

    private Call write(String key, Operation.Kind kind, @Nullable String expected, @Nullable String value) {
        return begin(new Call(
                this, (outcome, call, ret) -> new Operation(name, key, kind, expected, value, outcome, call, ret)));
    }

    private <P extends Pending> P begin(P pending) {
        synchronized (calls) {
            calls.add(pending);
        }
        pending.call = stamp();
        return pending;
    }

    /** Reads the clock. The fences keep compiler and processor from moving the backend's work across the reading. */
    long stamp() {
        VarHandle.fullFence();
        long now = clock.getAsLong();
        VarHandle.fullFence();
        return now;
    }

    void copyTo(List<Event> events) {
        synchronized (calls) {
            calls.forEach(pending -> events.add(pending.event()));
        }
    }
}
