package dev.holdfast.backend;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reports every call to a state store. */
final class ObservingStateStore extends ForwardingStateStore {
    private final Observer observer;

    ObservingStateStore(StateStore next, Observer observer) {
        super(next);
        this.observer = observer;
    }

    /** The call, of whose answer bytes are counted if somebody counts. */
    private <T extends @Nullable Object> Call<T> counted(Call<T> call, Consumer<? super T> count) {
        if (observer.counts() == null) {
            return call;
        }
        return call.map(answer -> {
            count.accept(answer);
            return answer;
        });
    }

    private void read(@Nullable Stored found) {
        OperationCounts counts = observer.counts();
        if (counts != null && found != null) {
            counts.read(found.bytes().length);
        }
    }

    private void written(boolean applied, Mutation mutation) {
        OperationCounts counts = observer.counts();
        if (counts != null && applied && mutation.kind() == Mutation.Kind.PUT) {
            counts.written(mutation.stored().bytes().length);
        }
    }

    @Override
    public Call<Health> health() {
        return observer.observe("state.health", () -> next().health());
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return observer.observe("state.read", () -> counted(next().read(space, key), this::read));
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return observer.observe(
                "state.write", () -> counted(next().write(space, mutation), applied -> written(applied, mutation)));
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return observer.observe(
                "state.scan",
                () -> counted(next().scan(space, request), page -> page.items().forEach(item -> read(item.stored()))));
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return observer.observe(
                "state.readAll", () -> counted(next().readAll(space, keys), found -> found.forEach(this::read)));
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        return observer.observe(
                "state.writeAll",
                () -> counted(next().writeAll(space, mutations), outcomes -> {
                    for (int i = 0; i < outcomes.size(); i++) {
                        written(!outcomes.get(i).isError(), mutations.get(i));
                    }
                }));
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        return observer.observe("state.count", () -> next().count(space, prefix));
    }

    @Override
    public Call<Long> clear(Space space, Key prefix) {
        return observer.observe("state.clear", () -> next().clear(space, prefix));
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return observer.observe("state.expiry", () -> next().expiry(space, key));
    }

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return observer.observe(
                "state.apply",
                () -> counted(next().apply(scope, commit), result -> commit.mutations()
                        .forEach(mutation -> written(result.status() == CommitResult.Status.APPLIED, mutation))));
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return observer.observe("state.mark", () -> next().mark(scope));
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return observer.observe("state.raise", () -> next().raise(scope, fence));
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return observer.observe("state.takeOver", () -> next().takeOver(scope));
    }

    @Override
    public Call<@Nullable Void> forget(Space scope) {
        return observer.observe("state.forget", () -> next().forget(scope));
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return observer.observe("state.scopes", () -> next().scopes(namespace, request));
    }
}
