package dev.holdfast.resilience;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.OutcomeUnknownException;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Protects every call to a state store. A question about its health goes to the store itself, whatever the breakers think. */
final class ResilientStateStore extends ForwardingStateStore {
    private final Protection protection;

    ResilientStateStore(StateStore next, Protection protection) {
        super(next);
        this.protection = protection;
    }

    private <T extends @Nullable Object> Call<T> inScope(Task task, Space scope, Supplier<Call<T>> port) {
        return atKey(task, scope, Key.EMPTY, port);
    }

    private <T extends @Nullable Object> Call<T> atKey(Task task, Space space, Key key, Supplier<Call<T>> port) {
        return protection.protect(task, protection.breakers == null ? null : next().node(space, key), port);
    }

    /** Of no single server, or of one that only the store could tell. */
    private <T extends @Nullable Object> Call<T> anywhere(Task task, Space space, Supplier<Call<T>> port) {
        return space.kind() == Space.Kind.SCOPE ? inScope(task, space, port) : protection.protect(task, null, port);
    }

    @Override
    public Call<Health> health() {
        CircuitBreakers breakers = protection.breakers;
        return breakers == null ? next().health() : next().health().map(health -> health.and(breakers.health()));
    }

    @Override
    public Map<String, Long> gauges() {
        Map<String, Long> gauges = new TreeMap<>(next().gauges());
        protection.tell(gauges);
        return gauges;
    }

    @Override
    public <T> @Nullable T extension(Class<T> type, String namespace) {
        return type == CircuitBreakers.class && protection.breakers != null
                ? type.cast(protection.breakers)
                : super.extension(type, namespace);
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return atKey(Task.STATE_READ, space, key, () -> next().read(space, key));
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return atKey(Task.STATE_WRITE, space, mutation.key(), () -> next().write(space, mutation));
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return anywhere(Task.STATE_SCAN, space, () -> next().scan(space, request));
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return anywhere(Task.STATE_READ_ALL, space, () -> next().readAll(space, keys));
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        return Call.defer(() -> {
            Writes writes = new Writes(space, mutations);
            return anywhere(Task.STATE_WRITE_ALL, space, writes::attempt).rescue(writes::outcomes);
        });
    }

    /** Several writes, of which each attempt makes those that certainly were not applied. By one attempt at a time. */
    private final class Writes {
        private final Space space;
        private final List<Mutation> mutations;
        private final List<@Nullable Outcome<Boolean>> outcomes;

        Writes(Space space, List<Mutation> mutations) {
            this.space = space;
            this.mutations = mutations;
            outcomes = new ArrayList<>(mutations.size());
            mutations.forEach(mutation -> outcomes.add(null));
        }

        Call<List<Outcome<Boolean>>> attempt() {
            List<Integer> left = new ArrayList<>();
            List<Mutation> rest = new ArrayList<>();
            for (int i = 0; i < mutations.size(); i++) {
                Outcome<Boolean> known = outcomes.get(i);
                if (known == null || known.error() instanceof BackendUnavailableException) {
                    left.add(i);
                    rest.add(mutations.get(i));
                }
            }
            return next().writeAll(space, rest).map(answers -> {
                for (int i = 0; i < answers.size(); i++) {
                    outcomes.set(left.get(i), answers.get(i));
                }
                return whole(answers);
            });
        }

        /** All outcomes; throws what says most about the server, for the breaker and the repetition to judge. */
        private List<Outcome<Boolean>> whole(List<Outcome<Boolean>> answers) {
            RuntimeException lost = null;
            for (Outcome<Boolean> answer : answers) {
                if (answer.error() instanceof BackendUnavailableException unavailable) {
                    throw unavailable;
                }
                lost = answer.error() instanceof OutcomeUnknownException unknown ? unknown : lost;
            }
            if (lost != null) {
                throw lost;
            }
            return known(null);
        }

        /** What became of each, although the last attempt failed. */
        Call<List<Outcome<Boolean>>> outcomes(BackendException error) {
            return outcomes.stream().allMatch(outcome -> outcome == null)
                    ? Call.failed(error)
                    : Call.done(known(error));
        }

        private List<Outcome<Boolean>> known(@Nullable BackendException error) {
            List<Outcome<Boolean>> all = new ArrayList<>(outcomes.size());
            for (Outcome<Boolean> outcome : outcomes) {
                boolean wasRepeated =
                        error != null && (outcome == null || outcome.error() instanceof BackendUnavailableException);
                all.add(outcome == null || wasRepeated ? Outcome.error(cause(error)) : outcome);
            }
            return all;
        }

        private static RuntimeException cause(@Nullable BackendException error) {
            return error == null ? new OutcomeUnknownException("the store answered too few of several writes") : error;
        }
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        return anywhere(Task.STATE_COUNT, space, () -> next().count(space, prefix));
    }

    @Override
    public Call<Long> clear(Space space, Key prefix) {
        return anywhere(Task.STATE_CLEAR, space, () -> next().clear(space, prefix));
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return atKey(Task.STATE_EXPIRY, space, key, () -> next().expiry(space, key));
    }

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return inScope(Task.STATE_APPLY, scope, () -> next().apply(scope, commit));
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return inScope(Task.STATE_MARK, scope, () -> next().mark(scope));
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return inScope(Task.STATE_RAISE, scope, () -> next().raise(scope, fence));
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return inScope(Task.STATE_TAKE_OVER, scope, () -> next().takeOver(scope));
    }

    @Override
    public Call<@Nullable Void> forget(Space scope) {
        return inScope(Task.STATE_FORGET, scope, () -> next().forget(scope));
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        return protection.protect(Task.STATE_SCOPES, null, () -> next().scopes(namespace, request));
    }
}
