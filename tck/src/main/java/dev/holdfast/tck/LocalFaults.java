package dev.holdfast.tck;

import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.FaultProxy.Direction;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.RedisServer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * Faults of servers on this machine and of a proxy before them, through which the clients under test go. Needs the module
 * {@code holdfast-servers}, which the kit itself does not bring.
 */
public final class LocalFaults implements Faults {

    /** What can be done to a process. */
    private interface Server {
        boolean isAlive();

        void kill();

        void pause();

        void resume();

        void restart();
    }

    private static final Set<Kind> OF_CONNECTIONS = EnumSet.of(Kind.CUT, Kind.LOSE_REPLIES, Kind.BLACK_HOLE, Kind.SLOW);
    private static final Set<Kind> OF_PROCESSES = EnumSet.of(Kind.RESTART, Kind.KILL, Kind.PAUSE);

    private final Set<Kind> kinds;
    private final FaultProxy proxy;
    private final Server server;

    private LocalFaults(Set<Kind> kinds, FaultProxy proxy, Server server) {
        this.kinds = kinds;
        this.proxy = proxy;
        this.server = server;
    }

    /** Of the connections that go through a proxy, whatever is behind it. */
    public static LocalFaults of(FaultProxy proxy) {
        return new LocalFaults(Set.copyOf(OF_CONNECTIONS), proxy, new Untouchable());
    }

    /** Of a Redis server that was started behind a proxy; see {@code RedisOptions.proxies}. */
    public static LocalFaults of(RedisServer redis) {
        return new LocalFaults(all(), redis.proxy(), new Server() {
            @Override
            public boolean isAlive() {
                return redis.isAlive();
            }

            @Override
            public void kill() {
                redis.kill();
            }

            @Override
            public void pause() {
                redis.pause();
            }

            @Override
            public void resume() {
                redis.resume();
            }

            @Override
            public void restart() {
                redis.restart();
            }
        });
    }

    /** Of a PostgreSQL server, and of a proxy before it that the clients use. */
    public static LocalFaults of(PostgresServer postgres, FaultProxy proxy) {
        return new LocalFaults(all(), proxy, new Server() {
            @Override
            public boolean isAlive() {
                return postgres.isAlive();
            }

            @Override
            public void kill() {
                postgres.kill();
            }

            @Override
            public void pause() {
                postgres.pause();
            }

            @Override
            public void resume() {
                postgres.resume();
            }

            @Override
            public void restart() {
                postgres.restart();
            }
        });
    }

    private static Set<Kind> all() {
        EnumSet<Kind> all = EnumSet.copyOf(OF_CONNECTIONS);
        all.addAll(OF_PROCESSES);
        return Set.copyOf(all);
    }

    /** A server nobody here can reach but through its proxy. */
    private static final class Untouchable implements Server {
        @Override
        public boolean isAlive() {
            return true;
        }

        @Override
        public void kill() {
            throw new UnsupportedOperationException("only the connections can be broken");
        }

        @Override
        public void pause() {
            throw new UnsupportedOperationException("only the connections can be broken");
        }

        @Override
        public void resume() {}

        @Override
        public void restart() {
            throw new UnsupportedOperationException("only the connections can be broken");
        }
    }

    @Override
    public Set<Kind> kinds() {
        return kinds;
    }

    @Override
    public void heal() {
        if (server.isAlive()) {
            server.resume();
        } else {
            server.restart();
        }
        proxy.heal();
    }

    @Override
    public void restart() {
        server.restart();
    }

    @Override
    public void kill() {
        server.kill();
    }

    @Override
    public void pause() {
        server.pause();
    }

    @Override
    public int cut() {
        long before = proxy.resets();
        proxy.reset();
        return Math.toIntExact(proxy.resets() - before);
    }

    @Override
    public void loseRepliesAfter(int bytes) {
        proxy.cutAfter(Direction.TO_CLIENT, bytes);
    }

    @Override
    public int lostReplies() {
        return Math.toIntExact(proxy.cuts());
    }

    @Override
    public void blackHole() {
        proxy.blackHole();
    }

    @Override
    public void slow(Duration delay) {
        proxy.delay(Direction.TO_SERVER, delay);
        proxy.delay(Direction.TO_CLIENT, delay);
    }
}
