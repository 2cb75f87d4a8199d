package dev.holdfast.redis;

/**
 * The bounds of a pool, for each server.
 *
 * @param min connections that are kept, used or not
 * @param max connections at most
 * @param idleNanos how long one above the least number is kept unused
 * @param waitNanos how long to wait for one when all are in use
 */
record PoolSettings(int min, int max, long idleNanos, long waitNanos) {}
