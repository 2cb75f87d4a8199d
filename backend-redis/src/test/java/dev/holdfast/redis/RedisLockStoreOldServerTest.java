package dev.holdfast.redis;

class RedisLockStoreOldServerTest extends LockStoreCase {
    RedisLockStoreOldServerTest() {
        super("6.2");
    }
}
