package dev.holdfast.tck;

import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.FaultProxy.Direction;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.RedisCluster;
import dev.holdfast.servers.RedisSentinels;
import dev.holdfast.servers.RedisServer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Faults of servers on this machine and of the proxies before them, through which the clients under test go. Needs the module
 * {@code holdfast-servers}, which the kit itself does not bring.
 */
public final class LocalFaults implements Faults {
    private static final Duration CONVERGED = Duration.ofSeconds(60);

    /** What can be done to the processes of a store; {@link Faults} itself refuses what one of them cannot do. */
    private interface Processes extends Faults {
        @Override
        default Set<Kind> kinds() {
            return Set.of();
        }

        /** Has all of them run and serve. */
        @Override
        default void heal() {}
    }

    private final Set<Kind> kinds;
    private final List<FaultProxy> proxies;
    private final Processes processes;

    private LocalFaults(Set<Kind> kinds, List<FaultProxy> proxies, Processes processes) {
        this.kinds = kinds;
        this.proxies = proxies;
        this.processes = processes;
    }

    /** Of the connections that go through a proxy, whatever is behind it. */
    public static LocalFaults of(FaultProxy proxy) {
        return new LocalFaults(andOfConnections(), List.of(proxy), new Processes() {});
    }

    /** Of a Redis server that was started behind a proxy; see {@code RedisOptions.proxies}. */
    public static LocalFaults of(RedisServer redis) {
        return new LocalFaults(
                andOfConnections(Kind.RESTART, Kind.KILL, Kind.PAUSE), List.of(redis.proxy()), new Processes() {
                    @Override
                    public void kill() {
                        redis.kill();
                    }

                    @Override
                    public void pause() {
                        redis.pause();
                    }

                    @Override
                    public void restart() {
                        redis.restart();
                    }

                    @Override
                    public void heal() {
                        run(redis);
                    }
                });
    }

    /** Of servers under Sentinel that were started behind proxies. The one killed, paused or replaced is the primary. */
    public static LocalFaults of(RedisSentinels redis) {
        return new LocalFaults(
                andOfConnections(Kind.KILL, Kind.PAUSE, Kind.FAILOVER, Kind.STALL_REPLICATION, Kind.PARTITION),
                redis.servers().stream().map(RedisServer::proxy).toList(),
                new Processes() {
                    @Override
                    public void kill() {
                        redis.primary().kill();
                    }

                    @Override
                    public void pause() {
                        redis.primary().pause();
                    }

                    @Override
                    public void stallReplication() {
                        // A replica that follows a new primary is for a moment connected to none.
                        redis.awaitConverged(CONVERGED);
                        stallLinks(redis.primary());
                    }

                    @Override
                    public Optional<String> primary() {
                        return Optional.of("" + redis.primary().port());
                    }

                    @Override
                    public void failover() {
                        // Killed, not asked: a primary that is asked waits for its replicas, and loses nothing.
                        redis.primary().kill();
                        redis.awaitConverged(CONVERGED);
                    }

                    @Override
                    public void partition() {
                        redis.isolatePrimary();
                    }

                    @Override
                    public void heal() {
                        redis.servers().forEach(LocalFaults::run);
                        redis.awaitConverged(CONVERGED);
                    }
                });
    }

    /** Of a cluster that was started behind proxies. One primary is killed or paused; a failover replaces each of them. */
    public static LocalFaults of(RedisCluster redis) {
        return new LocalFaults(
                andOfConnections(Kind.KILL, Kind.PAUSE, Kind.FAILOVER),
                redis.nodes().stream().map(RedisServer::proxy).toList(),
                new Processes() {
                    @Override
                    public void kill() {
                        redis.primaries().get(0).kill();
                    }

                    @Override
                    public void pause() {
                        redis.primaries().forEach(RedisServer::pause);
                    }

                    @Override
                    public Optional<String> primary() {
                        return Optional.of(redis.primaries().stream()
                                .map(node -> "" + node.port())
                                .sorted()
                                .collect(Collectors.joining(" ")));
                    }

                    @Override
                    public void failover() {
                        for (RedisServer primary : redis.primaries()) {
                            redis.failover(redis.replicasOf(primary).get(0));
                        }
                        redis.awaitConverged(CONVERGED);
                    }

                    @Override
                    public void heal() {
                        redis.nodes().forEach(LocalFaults::run);
                        redis.awaitConverged(CONVERGED);
                    }
                });
    }

    /** Of a PostgreSQL server, and of a proxy before it that the clients use. */
    public static LocalFaults of(PostgresServer postgres, FaultProxy proxy) {
        return new LocalFaults(andOfConnections(Kind.RESTART, Kind.KILL, Kind.PAUSE), List.of(proxy), new Processes() {
            @Override
            public void kill() {
                postgres.kill();
            }

            @Override
            public void pause() {
                postgres.pause();
            }

            @Override
            public void restart() {
                postgres.restart();
            }

            @Override
            public void heal() {
                if (postgres.isAlive()) {
                    postgres.resume();
                } else {
                    postgres.restart();
                }
            }
        });
    }

    private static Set<Kind> andOfConnections(Kind... ofProcesses) {
        EnumSet<Kind> kinds = EnumSet.of(Kind.CUT, Kind.LOSE_REPLIES, Kind.BLACK_HOLE, Kind.SLOW);
        kinds.addAll(List.of(ofProcesses));
        return Set.copyOf(kinds);
    }

    private static void run(RedisServer server) {
        if (server.isAlive()) {
            server.resume();
        } else {
            server.restart();
        }
    }

    private static void stallLinks(RedisServer primary) {
        if (primary.replicaLinks().isEmpty()) {
            throw new IllegalStateException("no replica is connected to " + primary.port());
        }
        primary.replicaLinks().forEach(link -> link.stall(Direction.TO_CLIENT));
    }

    @Override
    public Set<Kind> kinds() {
        return kinds;
    }

    @Override
    public void heal() throws Exception {
        // First the connections: servers need those among themselves to agree.
        proxies.forEach(FaultProxy::heal);
        processes.heal();
    }

    @Override
    public void restart() throws Exception {
        processes.restart();
    }

    @Override
    public void kill() throws Exception {
        processes.kill();
    }

    @Override
    public void pause() throws Exception {
        processes.pause();
    }

    @Override
    public int cut() {
        long before = sum(FaultProxy::resets);
        proxies.forEach(FaultProxy::reset);
        return Math.toIntExact(sum(FaultProxy::resets) - before);
    }

    @Override
    public void loseRepliesAfter(int bytes) {
        proxies.forEach(proxy -> proxy.cutAfter(Direction.TO_CLIENT, bytes));
    }

    @Override
    public int lostReplies() {
        return Math.toIntExact(sum(FaultProxy::cuts));
    }

    @Override
    public void blackHole() {
        proxies.forEach(FaultProxy::blackHole);
    }

    @Override
    public void slow(Duration delay) {
        proxies.forEach(proxy -> {
            proxy.delay(Direction.TO_SERVER, delay);
            proxy.delay(Direction.TO_CLIENT, delay);
        });
    }

    @Override
    public void stallReplication() throws Exception {
        processes.stallReplication();
    }

    @Override
    public Optional<String> primary() throws Exception {
        return processes.primary();
    }

    @Override
    public void failover() throws Exception {
        processes.failover();
    }

    @Override
    public void partition() throws Exception {
        processes.partition();
    }

    private long sum(ToLongFunction<FaultProxy> count) {
        return proxies.stream().mapToLong(count).sum();
    }
}
