package dev.holdfast.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * PostgreSQL's own {@code pgbench}, where it is installed: what its C does with the same statements, prepared, by as many connections as
 * all others have. A process of its own, which opens its connections in each turn; that does not count.
 */
final class PgBench implements Work {
    private static final Pattern DONE = Pattern.compile("number of transactions actually processed: (\\d+)");
    private static final Pattern PER_SECOND = Pattern.compile("tps = ([0-9.]+) \\(without initial connection time\\)");
    /** Processor time in /proc, as of PostgreSQL's processes. */
    private static final double MICROS_OF_A_TICK = 10_000;

    private static final String KEY = "convert_to('" + Works.PREFIX + "' || :key, 'UTF8')";
    /** What the driver sees as one: the choice of a key is the client's. */
    private static final String CHOICE = "\\set key random(0, " + (Works.KEYS - 1) + ")\n";

    private final PostgresTarget target;
    private final Path folder;

    private PgBench(PostgresTarget target, String script) throws IOException {
        this.target = target;
        folder = Files.createTempDirectory("holdfast-bench");
        Files.writeString(folder.resolve("script.sql"), CHOICE + script);
    }

    /** Gets of keys that another contender has put. */
    static PgBench gets(PostgresTarget target) throws IOException {
        return new PgBench(target, "select value from " + PostgresTarget.SCHEMA + ".plain where key = " + KEY + ";\n");
    }

    static PgBench puts(PostgresTarget target, byte[] value) throws IOException {
        StringBuilder hex = new StringBuilder();
        for (byte one : value) {
            hex.append(String.format(Locale.ROOT, "%02x", one));
        }
        return new PgBench(
                target,
                "insert into " + PostgresTarget.SCHEMA + ".plain (key, value) values (" + KEY + ", '\\x" + hex
                        + "') on conflict (key) do update set value = excluded.value;\n");
    }

    /** What it says of its version; empty if it is not installed. */
    static Optional<String> version() {
        try {
            Process process = new ProcessBuilder("pgbench", "--version")
                    .redirectErrorStream(true)
                    .start();
            Matcher said = Pattern.compile("^pgbench \\D*(\\S+)").matcher(read(process));
            return process.waitFor() == 0 && said.find() ? Optional.of("pgbench " + said.group(1)) : Optional.empty();
        } catch (IOException notThere) {
            return Optional.empty();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    @Override
    public int once(int thread, long step) {
        throw new UnsupportedOperationException("it has threads of its own");
    }

    @Override
    public Turn turn(int threads, long millis, double callsPerSecond, Meter meter) throws Exception {
        // It counts in whole seconds.
        long seconds = Math.max(1, TimeUnit.MILLISECONDS.toSeconds(millis));
        List<String> command = new ArrayList<>(List.of(
                "pgbench",
                "--no-vacuum",
                "--protocol=prepared",
                "--file=script.sql",
                "--time=" + seconds,
                "--client=" + Math.min(threads, PostgresTarget.POOL),
                "--jobs=" + Math.min(2, threads)));
        if (callsPerSecond > 0) {
            command.add("--rate=" + String.format(Locale.ROOT, "%.0f", Math.max(1, callsPerSecond)));
            command.add("--log");
        }
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(target.environment());
        double server = meter.cpuSeconds();
        double client = childrenMicros();
        Process process = builder.start();
        String said = read(process);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("pgbench failed: " + said.strip());
        }
        client = childrenMicros() - client;
        server = meter.cpuSeconds() - server;
        long calls = Long.parseLong(found(DONE, said));
        return new Turn(
                calls,
                calls,
                calls / Double.parseDouble(found(PER_SECOND, said)),
                client,
                server * 1e6,
                Double.NaN,
                Double.NaN,
                latency());
    }

    private static String read(Process process) throws IOException {
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            StringBuilder all = new StringBuilder();
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                all.append(line).append('\n');
            }
            return all.toString();
        }
    }

    private static String found(Pattern pattern, String said) {
        Matcher matcher = pattern.matcher(said);
        if (!matcher.find()) {
            throw new IllegalStateException("pgbench said nothing of " + pattern + ": " + said.strip());
        }
        return matcher.group(1);
    }

    /** Of processes of this JVM that have ended; NaN where nobody tells. */
    private static double childrenMicros() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return MICROS_OF_A_TICK * (Double.parseDouble(fields[13]) + Double.parseDouble(fields[14]));
        } catch (IOException notLinux) {
            return Double.NaN;
        }
    }

    /** From its logs, with the time that a transaction waited behind its schedule. */
    private Histogram latency() throws IOException {
        Histogram latency = new Histogram(3);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path log : files.filter(file -> file.getFileName().toString().startsWith("pgbench_log"))
                    .toList()) {
                for (String line : Files.readAllLines(log)) {
                    latency.recordValue(1_000 * Long.parseLong(line.split(" ", 4)[2]));
                }
                Files.delete(log);
            }
        }
        return latency;
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
