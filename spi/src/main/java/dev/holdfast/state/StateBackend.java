package dev.holdfast.state;

import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The state of a backend: entries at its root, and scopes of entries that live together. The root and each scope are key spaces of
 * their own. Safe for use by many threads.
 */
public interface StateBackend extends KeyedState {

    /**
     * The scope of a name; makes no I/O, and no scope needs to be created. Names are opaque: {@code a/b} is not inside {@code a}.
     */
    Scope scope(String name);

    /** The names of the scopes that have entries or a mark and begin with the prefix. */
    Stream<String> scopes(String prefix);

    /**
     * Removes a scope with everything it has, its mark too: the only way a mark goes. Writers that held it are refused from then on;
     * an unfenced write or a new fence starts afresh.
     */
    void forget(String scope);

    /** The same operations without blocking. */
    AsyncStateBackend async();

    /**
     * The state faces over a store.
     *
     * @param store one that has scopes; see {@link StateStore#withScopes}
     * @param namespace keeps the keys of this user of the store apart from all others
     * @param closed asked before each operation; true makes it fail with {@link dev.holdfast.spi.BackendClosedException}
     */
    static StateBackend over(StateStore store, String namespace, BooleanSupplier closed) {
        return new BlockingBackend(new RootCalls(new StateContext(store, namespace, closed)));
    }
}
