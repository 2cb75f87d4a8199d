package dev.holdfast.resilience;

import dev.holdfast.backend.Layer;
import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A layer below the one under test, which counts what arrives and lets a test say what becomes of it. */
final class Trouble implements Layer {
    /** What becomes of one operation, by what would do it. */
    interface Fate {
        <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port);
    }

    /** Never sent. */
    static final Fate UNAVAILABLE = new Fate() {
        @Override
        public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
            return Call.failed(new BackendUnavailableException("not sent, by the test"));
        }
    };

    /** Done, and its reply lost. */
    static final Fate LOST = new Fate() {
        @Override
        public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
            return port.get().then(answer -> Call.failed(new OutcomeUnknownException("lost, by the test")));
        }
    };

    static final Fate FINE = new Fate() {
        @Override
        public <T extends @Nullable Object> Call<T> of(Supplier<Call<T>> port) {
            return port.get();
        }
    };

    private final ConcurrentMap<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Function<Integer, Fate>> fates = new ConcurrentHashMap<>();
    volatile Function<Key, @Nullable String> nodes = key -> null;

    /** Says what becomes of each operation, by its number from 1. */
    Trouble at(String operation, Function<Integer, Fate> fate) {
        fates.put(operation, fate);
        return this;
    }

    Trouble always(String operation, Fate fate) {
        return at(operation, number -> fate);
    }

    Trouble first(String operation, int count, Fate fate) {
        return at(operation, number -> number <= count ? fate : FINE);
    }

    /** How many have arrived. */
    int asked(String operation) {
        return asked.getOrDefault(operation, new AtomicInteger()).get();
    }

    private <T extends @Nullable Object> Call<T> meet(String operation, Supplier<Call<T>> port) {
        int number =
                asked.computeIfAbsent(operation, first -> new AtomicInteger()).incrementAndGet();
        return fates.getOrDefault(operation, any -> FINE).apply(number).of(port);
    }

    @Override
    public String name() {
        return "trouble";
    }

    @Override
    public StateStore wrap(StateStore store) {
        return new ForwardingStateStore(store) {
            @Override
            public @Nullable String node(Space space, Key key) {
                return nodes.apply(key);
            }

            @Override
            public Call<@Nullable Stored> read(Space space, Key key) {
                return meet("read", () -> super.read(space, key));
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return meet("write", () -> super.write(space, mutation));
            }

            @Override
            public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
                return Call.outcomes(mutations.stream()
                        .map(mutation -> write(space, mutation))
                        .toList());
            }

            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                return meet("scan", () -> super.scan(space, request));
            }

            @Override
            public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
                return meet("readAll", () -> super.readAll(space, keys));
            }

            @Override
            public Call<CommitResult> apply(Space scope, Commit commit) {
                return meet("apply", () -> super.apply(scope, commit));
            }

            @Override
            public Call<Mark> raise(Space scope, long fence) {
                return meet("raise", () -> super.raise(scope, fence));
            }

            @Override
            public Call<Long> clear(Space space, Key prefix) {
                return meet("clear", () -> super.clear(space, prefix));
            }
        };
    }

    @Override
    public LockStore wrap(LockStore store) {
        return new ForwardingLockStore(store) {
            @Override
            public @Nullable String node(LockName name) {
                return nodes.apply(Key.of(name.name()));
            }

            @Override
            public Call<GrantReply> tryGrant(GrantRequest request) {
                return meet("tryGrant", () -> super.tryGrant(request));
            }

            @Override
            public Call<List<RenewReply>> renew(List<Renewal> renewals) {
                return meet("renew", () -> super.renew(renewals));
            }

            @Override
            public Call<ReleaseReply> release(Release release) {
                return meet("release", () -> super.release(release));
            }
        };
    }
}
