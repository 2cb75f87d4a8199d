package dev.holdfast.lock;

import dev.holdfast.spi.Key;

/**
 * The name of a lock within a namespace. Names are opaque text, compared exactly; two different names are two locks.
 *
 * @param namespace keeps the locks of one user of a store apart from all others
 * @param name the name the user gave
 */
public record LockName(String namespace, String name) {
    public LockName {
        // Fails here, before any I/O, for half a surrogate pair.
        Key.utf8("lock name", name);
    }

    @Override
    public String toString() {
        return "\"" + name + "\"";
    }
}
