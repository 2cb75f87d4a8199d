package dev.holdfast.state;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.PartialBatchException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The operations on the entries outside any scope, where each key is written for itself, and on scopes as wholes. */
final class RootCalls extends KeyedCalls {
    /** Keys per call of the store: enough to pay for a round trip, few enough not to hold up others behind it. */
    static final int PART = 1_000;

    RootCalls(StateContext context) {
        super(context, Space.root(context.namespace()));
    }

    @Override
    Call<Boolean> write(Mutation mutation) {
        return context.store().write(space, mutation);
    }

    @Override
    Call<Long> writeAll(List<Mutation> mutations) {
        StateStore store = context.store();
        if (mutations.isEmpty()) {
            return Call.done(0L);
        }
        List<List<Mutation>> parts = parts(mutations);
        List<Call<List<Outcome<Boolean>>>> calls = new ArrayList<>(parts.size());
        parts.forEach(part -> calls.add(store.writeAll(space, part)));
        return Call.outcomes(calls).map(outcomes -> removed(parts, outcomes));
    }

    private static long removed(List<List<Mutation>> parts, List<Outcome<List<Outcome<Boolean>>>> outcomes) {
        long removed = 0;
        for (Outcome<List<Outcome<Boolean>>> part : outcomes) {
            if (part.isError()) {
                throw failure(parts, outcomes);
            }
            for (Outcome<Boolean> outcome : part.get()) {
                if (outcome.isError()) {
                    throw failure(parts, outcomes);
                }
                removed += outcome.get() ? 1 : 0;
            }
        }
        return removed;
    }

    private static PartialBatchException failure(
            List<List<Mutation>> parts, List<Outcome<List<Outcome<Boolean>>>> outcomes) {
        Set<Key> applied = new HashSet<>();
        Map<Key, RuntimeException> failed = new HashMap<>();
        for (int i = 0; i < parts.size(); i++) {
            List<Mutation> part = parts.get(i);
            RuntimeException whole = outcomes.get(i).error();
            for (int j = 0; j < part.size(); j++) {
                RuntimeException error =
                        whole == null ? outcomes.get(i).get().get(j).error() : whole;
                if (error != null) {
                    failed.put(part.get(j).key(), error);
                } else {
                    applied.add(part.get(j).key());
                }
            }
        }
        return new PartialBatchException(applied, failed);
    }

    @Override
    Call<List<@Nullable Stored>> readAll(List<Key> keys) {
        StateStore store = context.store();
        if (keys.size() <= PART) {
            return store.readAll(space, keys);
        }
        List<Call<List<@Nullable Stored>>> calls = new ArrayList<>();
        parts(keys).forEach(part -> calls.add(store.readAll(space, part)));
        return Call.all(calls).map(values -> {
            List<@Nullable Stored> all = new ArrayList<>(keys.size());
            values.forEach(all::addAll);
            return all;
        });
    }

    private static <T> List<List<T>> parts(List<T> all) {
        List<List<T>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += PART) {
            parts.add(all.subList(from, Math.min(from + PART, all.size())));
        }
        return parts;
    }

    @Override
    Call<Long> clear(Key prefix) {
        context.key("prefix", prefix);
        return context.store().clear(space, prefix);
    }

    // --- Scopes

    ScopeCalls scope(String name) {
        return new ScopeCalls(context, context.name("scope name", name), Commit.UNFENCED, 0);
    }

    Call<Page<Key>> scopes(ScanRequest request) {
        check(request);
        return context.store().scopes(context.namespace(), request);
    }

    Call<@Nullable Void> forget(String scope) {
        Space forgotten = Space.scope(context.namespace(), context.name("scope name", scope));
        return context.store().forget(forgotten);
    }
}
