package dev.holdfast.redis;

import dev.holdfast.lock.LockName;
import java.util.List;

/** The keys of one lock name, which are all in one slot; what is in them stands in {@code lock_queue.lua}. */
final class LockKeys {
    static final byte[] LOCK = Command.ascii("lock");
    private static final byte[] QUEUE = Command.ascii("queue");
    private static final byte[] PLACES = Command.ascii("places");

    /** The number of the tag, which says the slot. */
    final int tag;

    private final byte[] name;

    LockKeys(LockName lock) {
        name = Names.bytes(lock.namespace(), lock.name());
        tag = Tags.of(name);
    }

    byte[] record() {
        return Tags.key(tag, LOCK, name);
    }

    byte[] queue() {
        return Tags.key(tag, QUEUE, name);
    }

    /** What a script of this name is told: on a cluster all keys it may touch, elsewhere the record, of which it makes the others. */
    List<byte[]> told(boolean cluster) {
        return cluster ? List.of(record(), queue(), Tags.key(tag, PLACES, name)) : List.of(record());
    }
}
