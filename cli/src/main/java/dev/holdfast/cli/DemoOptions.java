package dev.holdfast.cli;

import dev.holdfast.spi.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the demo runs.
 *
 * @param backend the URL of the store
 * @param workers how many there are
 * @param partitions how many parts the input has
 * @param chunk records for each commit
 * @param rate records a second for all workers together; 0 for as fast as they can
 * @param seed decides in which order each worker looks for partitions
 * @param lease of the partitions' locks
 * @param records how many of the file are counted, from its beginning; more than there are is all
 * @param unsafe whether the scopes are written without fencing
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
        boolean unsafe) {

    static final DemoOptions DEFAULTS =
            new DemoOptions("memory:demo", 4, 16, 100, 24_000, 1, Duration.ofMillis(800), Integer.MAX_VALUE, false);

    static final String HELP =
            """
            usage: holdfast demo [options]

            A stream processor on 228,738 real flight records. During the run one worker is killed and one is
            paused beyond its lease; at the end its ledger is compared with a sequential count of the file.
            On a store that serves several processes each worker is a JVM of its own, killed by kill -9 and
            paused by SIGSTOP; on any other the workers are threads, and what is done to them is simulated.

              --backend URL      the store; default memory:demo
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
    static DemoOptions parse(List<String> arguments) {
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
        Set<String> given = new HashSet<>();
        Iterator<String> words = arguments.iterator();
        while (words.hasNext()) {
            String word = words.next();
            int equals = word.startsWith("--") ? word.indexOf('=') : -1;
            String name = equals < 0 ? word : word.substring(0, equals);
            Value value = new Value(name, equals < 0 ? null : word.substring(equals + 1), words);
            switch (name) {
                case "--backend" -> backend = value.text();
                case "--workers" -> workers = (int) value.number(3, 16);
                case "--partitions" -> partitions = (int) value.number(3, 64);
                case "--chunk" -> chunk = (int) value.number(1, 1_000);
                case "--rate" -> rate = (int) value.number(0, 100_000_000);
                case "--seed" -> seed = value.number(Long.MIN_VALUE, Long.MAX_VALUE);
                case "--lease" -> lease = Duration.ofMillis(value.number(100, 60_000));
                case "--records" -> records = (int) value.number(1_000, Integer.MAX_VALUE);
                case "--unsafe" -> {
                    value.refuse();
                    unsafe = true;
                }
                default ->
                    throw new UsageException(
                            "demo does not know \"" + word + "\"; 'holdfast help demo' lists its options");
            }
            if (!given.add(name)) {
                throw new UsageException(name + " is given twice; give it once");
            }
        }
        return new DemoOptions(backend, workers, partitions, chunk, rate, seed, lease, records, unsafe);
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
        return new DemoOptions(backend, workers, partitions, chunk, rate, seed, limits.minLease(), records, unsafe);
    }

    /** What was given to an option: behind the equals sign, or as the next word. */
    private record Value(String option, @Nullable String attached, Iterator<String> words) {

        String text() {
            if (attached != null) {
                return attached;
            }
            if (!words.hasNext()) {
                throw new UsageException(option + " needs a value: " + option + " X");
            }
            return words.next();
        }

        long number(long least, long most) {
            String text = text();
            try {
                long number = Long.parseLong(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException notANumber) {
                throw new UsageException(option + " needs a whole number, not \"" + text + "\"");
            }
            throw new UsageException(option + " must be from " + least + " to " + most + ", was " + text);
        }

        void refuse() {
            if (attached != null) {
                throw new UsageException(option + " takes no value, but was given \"" + attached + "\"");
            }
        }
    }
}
