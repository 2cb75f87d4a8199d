package dev.holdfast.cli;

import dev.holdfast.spi.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How the demo runs.
 *
 * @param backend the URL of the store, or the name of servers to start
 * @param workers how many there are
 * @param partitions how many parts the input has
 * @param chunk records for each commit
 * @param rate records a second for all workers together; 0 for as fast as they can
 * @param seed decides in which order each worker looks for partitions
 * @param lease of the partitions' locks
 * @param records how many of the file are counted, from its beginning; more than there are is all
 * @param unsafe whether the scopes are written without fencing
 * @param killServer whether the server is killed, too
 */
record DemoOptions(
        String backend,
        int workers,
        int partitions,
        int chunk,
        int rate,
        long seed,
        Duration lease,
        int records,
        boolean unsafe,
        boolean killServer) {

    static final DemoOptions DEFAULTS = new DemoOptions(
            "memory:demo", 4, 16, 100, 24_000, 1, Duration.ofMillis(800), Integer.MAX_VALUE, false, false);

    static final String HELP =
            """
            usage: holdfast demo [options]

            A stream processor on 228,738 real flight records. During the run one worker is killed and one is
            paused beyond its lease; at the end its ledger is compared with a sequential count of the file.
            On a store that serves several processes each worker is a JVM of its own, killed by kill -9 and
            paused by SIGSTOP; on any other the workers are threads, and what is done to them is simulated.

              --backend URL      the store; default memory:demo
              --backend NAME     a store on servers started for this run: redis, sentinel, cluster or postgres
              --kill-server      kill -9 that server too, or a primary of these
              --unsafe           write without fencing, and see the damage
              --workers N        from 3 to 16, at most one for each partition; default 4
              --partitions N     from 3 to 64; default 16
              --chunk N          records for each commit, from 1 to 1000; default 100
              --rate N           records a second for all workers together; 0 does not hold back; default 24000
              --records N        count only the first N of the file
              --lease MILLIS     of the locks, from 100 to 60000; default 800, or the shortest the store grants
              --seed N           the order in which workers look for partitions; default 1
            """;

    DemoOptions {
        if (workers > partitions) {
            throw new UsageException("--workers (" + workers + ") is more than --partitions (" + partitions
                    + "), so some would have nothing to do; give as many partitions, or fewer workers");
        }
    }

    /** Reads {@code --name value} and {@code --name=value}. Throws {@link UsageException}. */
    static DemoOptions parse(List<String> words) {
        DemoOptions options = DEFAULTS;
        String backend = options.backend;
        int workers = options.workers;
        int partitions = options.partitions;
        int chunk = options.chunk;
        int rate = options.rate;
        long seed = options.seed;
        Duration lease = options.lease;
        int records = options.records;
        boolean unsafe = options.unsafe;
        boolean killServer = options.killServer;
        Arguments arguments = new Arguments(words);
        while (arguments.next()) {
            switch (arguments.name()) {
                case "--backend" -> backend = arguments.text();
                case "--workers" -> workers = (int) arguments.number(3, 16);
                case "--partitions" -> partitions = (int) arguments.number(3, 64);
                case "--chunk" -> chunk = (int) arguments.number(1, 1_000);
                case "--rate" -> rate = (int) arguments.number(0, 100_000_000);
                case "--seed" -> seed = arguments.number(Long.MIN_VALUE, Long.MAX_VALUE);
                case "--lease" -> lease = Duration.ofMillis(arguments.number(100, 60_000));
                case "--records" -> records = (int) arguments.number(1_000, Integer.MAX_VALUE);
                case "--unsafe" -> unsafe = arguments.flag();
                case "--kill-server" -> killServer = arguments.flag();
                default ->
                    throw new UsageException(
                            "demo does not know " + arguments.shown() + "; 'holdfast help demo' lists its options");
            }
        }
        if (killServer && !LocalStore.NAMES.contains(backend)) {
            throw new UsageException(
                    "--kill-server kills only a server that was started for this run; give one of --backend "
                            + String.join(", ", LocalStore.NAMES));
        }
        return new DemoOptions(backend, workers, partitions, chunk, rate, seed, lease, records, unsafe, killServer);
    }

    /** These options with another store. */
    DemoOptions on(String url) {
        return new DemoOptions(url, workers, partitions, chunk, rate, seed, lease, records, unsafe, killServer);
    }

    /** What {@link #parse} makes these options of, for the processes of the workers. */
    List<String> toArguments() {
        List<String> arguments = new ArrayList<>(List.of(
                "--backend=" + backend,
                "--workers=" + workers,
                "--partitions=" + partitions,
                "--chunk=" + chunk,
                "--rate=" + rate,
                "--seed=" + seed,
                "--lease=" + lease.toMillis(),
                "--records=" + records));
        if (unsafe) {
            arguments.add("--unsafe");
        }
        return arguments;
    }

    /** These options with a lease that the store grants. Throws {@link UsageException} if another one was asked for. */
    DemoOptions grantedBy(Limits limits) {
        if (lease.compareTo(limits.minLease()) >= 0) {
            return this;
        }
        if (!lease.equals(DEFAULTS.lease)) {
            throw new UsageException("--lease (" + lease.toMillis() + " ms) is shorter than the "
                    + limits.minLease().toMillis() + " ms that this store grants at least");
        }
        return new DemoOptions(
                backend, workers, partitions, chunk, rate, seed, limits.minLease(), records, unsafe, killServer);
    }
}
