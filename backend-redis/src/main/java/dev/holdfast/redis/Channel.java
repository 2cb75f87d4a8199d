package dev.holdfast.redis;

import dev.holdfast.spi.Key;
import redis.clients.jedis.util.JedisClusterCRC16;

/** What a connection can subscribe to. */
record Channel(Kind kind, Key name) {

    /** The three ways of the server to publish and subscribe. */
    enum Kind {
        /** A channel that every server passes on to all others. */
        PLAIN("SUBSCRIBE", "UNSUBSCRIBE"),
        /** All plain channels that match a pattern. */
        PATTERN("PSUBSCRIBE", "PUNSUBSCRIBE"),
        /** A channel that belongs to a slot, and stays with the servers that have it. */
        SHARDED("SSUBSCRIBE", "SUNSUBSCRIBE");

        final String subscribe;
        final String unsubscribe;

        Kind(String subscribe, String unsubscribe) {
            this.subscribe = subscribe;
            this.unsubscribe = unsubscribe;
        }
    }

    static Channel of(Kind kind, byte[] name) {
        return new Channel(kind, Key.of(name));
    }

    /** The slot whose server must be asked, or a negative number if any server will do. */
    int slot() {
        return kind == Kind.SHARDED ? JedisClusterCRC16.getSlot(name.toBytes()) : -1;
    }
}
