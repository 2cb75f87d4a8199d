package dev.holdfast.redis;

import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * The hash tags of locks and events. They are few, so that the locks of a process share commands on a cluster, and spread evenly over
 * its slots, so that each of up to 32 primaries has its part. Which name has which tag must never change: two clients that disagreed
 * would not exclude each other.
 */
final class Tags {
    private static final int COUNT = 32;
    private static final int SLOTS = 16_384;
    private static final byte[] PREFIX = Command.ascii("hf:{");
    private static final byte[][] ALL = all();

    private Tags() {}

    /** The least number in each band of slots. */
    private static byte[][] all() {
        byte[][] tags = new byte[COUNT][];
        int missing = COUNT;
        for (int number = 0; missing > 0; number++) {
            byte[] tag = Command.ascii(Integer.toString(number));
            int band = JedisClusterCRC16.getSlot(tag) / (SLOTS / COUNT);
            if (tags[band] == null) {
                tags[band] = tag;
                missing--;
            }
        }
        return tags;
    }

    static int count() {
        return COUNT;
    }

    /** The number of a name's tag, from 0. */
    static int of(byte[] name) {
        return JedisClusterCRC16.getCRC16(name) % COUNT;
    }

    /** {@code hf:{tag}:kind:name} of the tag with this number. */
    static byte[] key(int tag, byte[] kind, byte[] name) {
        byte[] bytes = ALL[tag];
        byte[] key = new byte[PREFIX.length + bytes.length + 2 + kind.length + 1 + name.length];
        int at = put(PREFIX, key, 0);
        at = put(bytes, key, at);
        key[at++] = '}';
        key[at++] = ':';
        at = put(kind, key, at);
        key[at++] = ':';
        put(name, key, at);
        return key;
    }

    private static int put(byte[] part, byte[] whole, int at) {
        System.arraycopy(part, 0, whole, at, part.length);
        return at + part.length;
    }
}
