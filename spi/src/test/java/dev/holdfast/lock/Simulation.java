package dev.holdfast.lock;

import dev.holdfast.lock.SimFailure.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One world from a seed: a few processes that contend for a few names through bad networks on a server that may fail over, restart, be
 * flushed, or jump in time; then the faults end, and everybody must get what it waits for and leave nothing behind.
 */
final class Simulation {
    /** What a world is made of, so that tests can put something wrong into it. */
    static class Parts {
        /** How far from true time a clock runs at most, so that no two clocks differ by more than engines allow for. */
        double trueDrift(double allowed) {
            return allowed / (2 - allowed);
        }

        boolean clockStopsWhenFrozen() {
            return false;
        }

        SimLockServer server(SimWorld world, double rate, SimChecks checks) {
            return new SimLockServer(world, rate, checks);
        }

        LockStore store(LockStore store) {
            return store;
        }

        /** How much patience a contender on a store of keys adds for clocks that differ. */
        double patience(double drift) {
            return drift;
        }

        KeyStore keys() {
            return new KeyStore();
        }

        /** Whether the locks are {@link StateLockStore}'s, on a store of keys. */
        boolean onKeys() {
            return false;
        }
    }

    /** What a world came to. */
    record Result(long digest, long events, long guards, long losses) {}

    private static final long LONGEST_LEASE = 2_000;

    final SimWorld world;
    final SimChecks checks;
    final SimScopes scopes;
    private final Parts parts;
    private final SimFaults faults;
    private final KeyStore keys;
    private final SimLockServer server;
    private final List<SimClient> clients = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final double drift;
    private final boolean pushes;
    private final boolean remembers;
    private final LockSettings settings;
    private final long span;
    private int processes;
    private boolean over;
    private boolean closing;
    private @Nullable SimFailure failure;

    private Simulation(long seed, boolean tracing, Parts parts) {
        this.parts = parts;
        keys = parts.keys();
        world = new SimWorld(seed, tracing);
        checks = new SimChecks(world);
        scopes = new SimScopes(world);
        faults = new SimFaults(world);
        drift = world.chance(0.3) ? 0.05 : 0.01;
        pushes = world.chance(0.7);
        remembers = parts.onKeys() || world.chance(0.5);
        server = parts.server(world, rate(), checks);
        span = world.between(3, 12) * SimWorld.SECOND;
        settings = LockSettings.builder()
                .lease(Duration.ofMillis(world.between(100, LONGEST_LEASE)))
                .clockDrift(drift)
                .pollCap(Duration.ofMillis(world.between(50, 1_000)))
                .maxTurns(world.random.nextInt(1, 6))
                .turnTime(Duration.ofMillis(world.random.nextInt(50)))
                .strictFairness(world.chance(0.15))
                .label("sim")
                .build();
        for (int i = world.random.nextInt(1, 4); i > 0; i--) {
            names.add("n" + i);
        }
        for (int i = world.random.nextInt(2, 5); i > 0; i--) {
            start();
        }
    }

    /** Lives through the world of this seed. Throws {@link SimFailure}, with the trace if {@code tracing}. */
    static Result run(long seed, boolean tracing, Parts parts) {
        Simulation simulation = new Simulation(seed, tracing, parts);
        try {
            return simulation.live();
        } catch (SimFailure failure) {
            if (!tracing) {
                throw failure;
            }
            throw new SimFailure(
                    failure.rule,
                    "seed " + seed + ": " + failure.getMessage() + "\nThe last that happened:\n"
                            + simulation.world.traced());
        }
    }

    private double rate() {
        double most = parts.trueDrift(drift);
        // Half of them as bad as allowed.
        double off = world.chance(0.5) ? most : world.random.nextDouble(most + 1e-9);
        return world.chance(0.5) ? 1 + off : 1 - off;
    }

    private void start() {
        SimProcess process = new SimProcess(
                world,
                "p" + ++processes,
                rate(),
                world.between(-3_600_000_000L, 3_600_000_000L),
                parts.clockStopsWhenFrozen());
        SimNetwork network = new SimNetwork(world, process, faults);
        LockStore store = parts.onKeys()
                ? new StateLockStore(new SimKeyStore(network, keys), process, parts.patience(drift))
                : new SimLockStore(network, server, pushes);
        SimClient client = new SimClient(this, process, network, parts.store(store), settings);
        clients.add(client);
        for (int i = world.random.nextInt(1, 4); i > 0; i--) {
            client.user();
        }
    }

    private Result live() {
        int blows = world.random.nextInt(5);
        for (int i = blows; i > 0; i--) {
            world.in(world.between(0, span), null, this::befall);
        }
        run(span);
        over = true;
        faults.heal();
        world.trace(() -> "the faults end");
        clients.forEach(SimClient::letGoOfAll);
        // Ghosts and dead holders keep a name for a lease, each waiter passes it on at once.
        runUntilAllEnded(span + grace());
        if (faults.isPeaceful() && blows == 0) {
            // Nothing was lost, so nothing need wait for a lease to end.
            run(world.now() + SimWorld.SECOND / 4);
            checkStore();
        }
        run(world.now() + 3 * LONGEST_LEASE * SimWorld.MILLI + 5 * faults.timeout());
        probe();
        closing = true;
        clients.forEach(client -> client.take(anyName()));
        run(world.now() + SimWorld.SECOND);
        clients.forEach(SimClient::close);
        run(world.now() + 2 * SimWorld.SECOND);
        checkStore();
        clients.forEach(SimClient::checkResidue);
        checks.judge();
        return new Result(world.digest(), world.ran(), checks.all().size(), checks.losses());
    }

    private void run(long until) {
        world.run(until, this::look);
    }

    private void look() {
        if (failure != null) {
            throw failure;
        }
        checks.look();
    }

    /** A failure found where the engine would swallow what is thrown. */
    void fail(SimFailure found) {
        failure = failure == null ? found : failure;
    }

    private void runUntilAllEnded(long bound) {
        while (unfinished() > 0) {
            SimChecks.require(world.now() < bound, Rule.STARVED, () -> unfinished() + " acquisitions do not end");
            run(world.now() + SimWorld.SECOND);
        }
    }

    private int unfinished() {
        return clients.stream().mapToInt(SimClient::unfinished).sum();
    }

    private void probe() {
        for (String name : names) {
            for (SimClient client : clients) {
                if (client.isUsable()) {
                    // A store without a clock frees what the dead held only for those who watch it.
                    Duration within = parts.onKeys() ? Duration.ofMillis(2 * LONGEST_LEASE) : Duration.ZERO;
                    client.probe(name, within);
                    run(world.now() + within.toNanos() + SimWorld.SECOND / 2);
                }
            }
        }
        checkStore();
    }

    private void checkStore() {
        List<String> residue = parts.onKeys() ? List.of() : server.residue();
        SimChecks.require(residue.isEmpty(), Rule.RESIDUE, () -> "the store keeps " + residue);
    }

    private void befall() {
        SimClient client = anyClient();
        switch (world.random.nextInt(parts.onKeys() ? 6 : 10)) {
            case 0, 1 -> client.process.freeze(world.skewed(1, 2 * LONGEST_LEASE) * SimWorld.MILLI);
            case 2 -> {
                client.process.die();
                start();
            }
            case 3 -> {
                world.in(0, client.process, client::close);
                start();
            }
            case 4 -> client.process.changeRate(rate());
            case 5, 6 -> {
                faults.down(true);
                world.trace(() -> "the server is down");
                world.in(world.skewed(1, 3_000) * SimWorld.MILLI, null, () -> faults.down(false));
            }
            case 7 -> {
                if (!remembers) {
                    server.stallReplication();
                    world.in(world.between(0, 300) * SimWorld.MILLI, null, server::failOver);
                }
            }
            case 8 -> {
                if (!remembers) {
                    server.flush();
                }
            }
            default -> {
                // A clock that goes back and a memory that is lost may bring a fence back; together they are not
                // promised.
                long step = world.between(1, 3_000) * SimWorld.MILLI;
                server.step(remembers && world.chance(0.5) ? -step : step);
            }
        }
    }

    /** Whether nobody begins anything new. */
    boolean isOver() {
        return over;
    }

    /** Whether locks are forced; who did it is not to be seen on a store of keys. */
    boolean allowsForce() {
        return !parts.onKeys();
    }

    /** Whether what is taken now is kept until the engines are closed. */
    boolean isClosing() {
        return closing;
    }

    /** How much longer than it is told an acquisition may take. */
    long grace() {
        return 20 * SimWorld.SECOND + 20 * faults.timeout();
    }

    String anyName() {
        return names.get(world.random.nextInt(names.size()));
    }

    List<String> someNames() {
        List<String> some = new ArrayList<>(names);
        if (some.size() > 2) {
            some.remove(world.random.nextInt(some.size()));
        }
        return some;
    }

    Duration anyLease() {
        return Duration.ofMillis(world.skewed(40, LONGEST_LEASE));
    }

    SimClient anyClient() {
        return clients.get(world.random.nextInt(clients.size()));
    }
}
