package dev.holdfast.metrics;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Expiry;
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
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Measures every call to a state store, and the bytes that pass. */
final class MeasuredStateStore extends ForwardingStateStore {
    private final Recorder recorder;
    private final Meters meters;
    private final @Nullable LockMonitor monitor;
    private final Runnable whenClosed;
    /** Made once, and not for each read. */
    private final Function<@Nullable Stored, Ending> read = this::read;

    MeasuredStateStore(
            StateStore next, Recorder recorder, Meters meters, @Nullable LockMonitor monitor, Runnable whenClosed) {
        super(next);
        this.recorder = recorder;
        this.meters = meters;
        this.monitor = monitor;
        this.whenClosed = whenClosed;
    }

    private <T extends @Nullable Object> Call<T> measure(
            Operation operation, @Nullable Object subject, Supplier<Call<T>> port) {
        return recorder.measure(operation, subject, port, answer -> Ending.OK);
    }

    @Override
    public Call<Health> health() {
        return measure(Operation.STATE_HEALTH, null, () -> next().health());
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return recorder.measure(Operation.STATE_READ, key, () -> next().read(space, key), read);
    }

    private Ending read(@Nullable Stored found) {
        if (found != null) {
            meters.read(found.bytes().length);
        }
        return Ending.OK;
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return recorder.measure(Operation.STATE_WRITE, mutation.key(), () -> next().write(space, mutation), applied -> {
            if (applied) {
                meters.written(bytes(mutation));
            }
            // A delete of what is not there is no refusal; a condition that does not hold is one.
            return Ending.applied(applied || mutation.condition() == Condition.ANY);
        });
    }

    private static long bytes(Mutation mutation) {
        return mutation.kind() == Mutation.Kind.PUT ? mutation.stored().bytes().length : 0;
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return recorder.measure(Operation.STATE_SCAN, request.prefix(), () -> next().scan(space, request), page -> {
            long bytes = 0;
            for (KeyedValue item : page.items()) {
                bytes += item.stored().bytes().length;
            }
            meters.read(bytes);
            return Ending.OK;
        });
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return recorder.measure(Operation.STATE_READ_ALL, null, () -> next().readAll(space, keys), found -> {
            found.forEach(this::read);
            return Ending.OK;
        });
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        return recorder.measure(Operation.STATE_WRITE_ALL, null, () -> next().writeAll(space, mutations), outcomes -> {
            Ending worst = Ending.OK;
            long bytes = 0;
            for (int i = 0; i < outcomes.size(); i++) {
                RuntimeException error = outcomes.get(i).error();
                if (error == null) {
                    bytes += bytes(mutations.get(i));
                } else {
                    Ending ending = Ending.of(error);
                    worst = ending.compareTo(worst) > 0 ? ending : worst;
                }
            }
            meters.written(bytes);
            return worst;
        });
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        return measure(Operation.STATE_COUNT, prefix, () -> next().count(space, prefix));
    }

    @Override
    public Call<Long> clear(Space space, Key prefix) {
        return measure(Operation.STATE_CLEAR, prefix, () -> next().clear(space, prefix));
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return measure(Operation.STATE_EXPIRY, key, () -> next().expiry(space, key));
    }

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return recorder.measure(Operation.STATE_APPLY, null, () -> next().apply(scope, commit), result -> {
            boolean applied = result.status() == CommitResult.Status.APPLIED;
            if (applied) {
                long bytes = 0;
                for (Mutation mutation : commit.mutations()) {
                    bytes += bytes(mutation);
                }
                meters.written(bytes);
            }
            return Ending.applied(applied);
        });
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return measure(Operation.STATE_MARK, null, () -> next().mark(scope));
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return measure(Operation.STATE_RAISE, null, () -> next().raise(scope, fence));
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return measure(Operation.STATE_TAKE_OVER, null, () -> next().takeOver(scope));
    }

    @Override
    public Call<@Nullable Void> forget(Space scope) {
        return measure(Operation.STATE_FORGET, null, () -> next().forget(scope));
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return measure(Operation.STATE_SCOPES, null, () -> next().scopes(namespace, request));
    }

    @Override
    public <T> @Nullable T extension(Class<T> type, String namespace) {
        return type == LockMonitor.class && monitor != null ? type.cast(monitor) : super.extension(type, namespace);
    }

    @Override
    public void close() {
        whenClosed.run();
        if (monitor != null) {
            monitor.close();
        }
        super.close();
    }
}
