package dev.holdfast.redis;

class RedisLockStoreTest extends LockStoreCase {
    RedisLockStoreTest() {
        super("7.0");
    }
}
