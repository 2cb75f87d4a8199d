package dev.holdfast.state;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A store that passes everything on to another: the base of layers, which override only what they change.
 *
 * <p>No method here is made of another one, so a layer that changes values overrides each that carries them: {@link #read},
 * {@link #readAll}, {@link #scan}, {@link #write}, {@link #writeAll} and {@link #apply}.
 */
public abstract class ForwardingStateStore implements StateStore {
    private final StateStore next;

    protected ForwardingStateStore(StateStore next) {
        this.next = next;
    }

    /** The store below. */
    protected final StateStore next() {
        return next;
    }

    @Override
    public Set<Capability> capabilities() {
        return next.capabilities();
    }

    @Override
    public Limits limits() {
        return next.limits();
    }

    @Override
    public Call<Health> health() {
        return next.health();
    }

    @Override
    public Map<String, Long> gauges() {
        return next.gauges();
    }

    @Override
    public <T> @Nullable T extension(Class<T> type, String namespace) {
        return next.extension(type, namespace);
    }

    @Override
    public @Nullable String node(Space space, Key key) {
        return next.node(space, key);
    }

    @Override
    public boolean seenIsDone() {
        return next.seenIsDone();
    }

    @Override
    public void close() {
        next.close();
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return next.read(space, key);
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return next.write(space, mutation);
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return next.scan(space, request);
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return next.readAll(space, keys);
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        return next.writeAll(space, mutations);
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        return next.count(space, prefix);
    }

    @Override
    public Call<Long> clear(Space space, Key prefix) {
        return next.clear(space, prefix);
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return next.expiry(space, key);
    }

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return next.apply(scope, commit);
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return next.mark(scope);
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return next.raise(scope, fence);
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return next.takeOver(scope);
    }

    @Override
    public Call<@Nullable Void> forget(Space scope) {
        return next.forget(scope);
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return next.scopes(namespace, request);
    }

    @Override
    public String toString() {
        return next.toString();
    }
}
