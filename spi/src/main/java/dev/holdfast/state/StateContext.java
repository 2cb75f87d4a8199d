package dev.holdfast.state;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.UnsupportedCapabilityException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** What all state faces of one backend share: the store, the namespace, and the checks made before any I/O. Immutable. */
final class StateContext {
    private final StateStore store;
    private final String namespace;
    private final BooleanSupplier closed;
    private final Set<Capability> capabilities;
    private final Limits limits;

    StateContext(StateStore store, String namespace, BooleanSupplier closed) {
        this.store = store;
        this.closed = closed;
        this.capabilities = store.capabilities();
        this.limits = store.limits();
        this.namespace = namespace;
        name("namespace", namespace);
    }

    /** The store, for an operation that begins now: refused if the backend is closed. */
    StateStore store() {
        if (closed.getAsBoolean()) {
            throw new BackendClosedException();
        }
        return store;
    }

    String namespace() {
        return namespace;
    }

    Limits limits() {
        return limits;
    }

    void need(Capability capability, String operation) {
        if (!capabilities.contains(capability)) {
            throw new UnsupportedCapabilityException(capability, operation);
        }
    }

    Key key(Key key) {
        return key("key", key);
    }

    Key key(String what, Key key) {
        Objects.requireNonNull(key, what);
        if (key.length() > limits.maxKeyBytes()) {
            throw tooLong(what, key.length(), "maxKeyBytes", limits.maxKeyBytes(), "shorten it, or use a hash of it");
        }
        return key;
    }

    byte[] value(byte[] value) {
        Objects.requireNonNull(value, "value");
        if (value.length > limits.maxValueBytes()) {
            throw tooLong("value", value.length, "maxValueBytes", limits.maxValueBytes(), "split it over several keys");
        }
        return value;
    }

    String name(String what, String name) {
        int length = Key.utf8(what, Objects.requireNonNull(name, what)).length;
        if (length > limits.maxNameBytes()) {
            throw tooLong(what, length, "maxNameBytes", limits.maxNameBytes(), "shorten it, or use a hash of it");
        }
        return name;
    }

    void batch(int entries, long bytes) {
        if (entries > limits.maxBatchEntries()) {
            throw new IllegalArgumentException("the batch has " + entries + " puts, deletes and preconditions, above"
                    + " maxBatchEntries=" + limits.maxBatchEntries() + "; a batch is never split: commit less at once");
        }
        if (bytes > limits.maxBatchBytes()) {
            throw tooLong("batch", bytes, "maxBatchBytes", limits.maxBatchBytes(), "commit less at once");
        }
    }

    /** The time to live in milliseconds, fractions rounded up. */
    long ttlMillis(Duration ttl) {
        Objects.requireNonNull(ttl, "ttl");
        if (ttl.isNegative() || ttl.isZero()) {
            throw new IllegalArgumentException(
                    "ttl must be longer than zero, was " + ttl + "; to keep a value without end give no ttl");
        }
        // Compared as durations: the longest one has more milliseconds than a long can count.
        if (ttl.compareTo(limits.maxTtl()) > 0) {
            throw new IllegalArgumentException("ttl " + ttl + " is above maxTtl=" + limits.maxTtl()
                    + "; give a shorter one, or none to keep the value without end");
        }
        long millis = ttl.toMillis();
        return Duration.ofMillis(millis).equals(ttl) ? millis : millis + 1;
    }

    private static IllegalArgumentException tooLong(
            String what, long length, String limit, long allowed, String remedy) {
        return new IllegalArgumentException(
                what + " has " + length + " bytes, above " + limit + "=" + allowed + "; " + remedy);
    }
}
