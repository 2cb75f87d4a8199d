/**
 * Real Redis and PostgreSQL servers for tests, started from binaries in Maven artifacts, and a proxy that breaks connections.
 *
 * <p>Start at {@link dev.holdfast.servers.RedisServer} and {@link dev.holdfast.servers.PostgresServer}; {@link
 * dev.holdfast.servers.RedisSentinels} and {@link dev.holdfast.servers.RedisCluster} start several that work together, {@link
 * dev.holdfast.servers.FaultProxy} stands between any client and any server.
 */
@NullMarked
package dev.holdfast.servers;

import org.jspecify.annotations.NullMarked;
