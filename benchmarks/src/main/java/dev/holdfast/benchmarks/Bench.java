package dev.holdfast.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** {@code ./holdfast bench}: Holdfast beside its contenders. Exits with 0, 1 if a measurement failed, 2 for a wrong command line. */
public final class Bench {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BenchOptions options;
    private final String command;
    private final PrintStream out;
    private final Report report;

    private Bench(BenchOptions options, String command, PrintStream out) {
        this.options = options;
        this.command = command;
        this.out = out;
        report = new Report(out);
    }

    /** Runs the command and ends the JVM, whatever threads contenders leave. */
    public static void main(String[] arguments) throws IOException {
        System.setProperty(
                "org.slf4j.simpleLogger.defaultLogLevel",
                System.getProperty("org.slf4j.simpleLogger.defaultLogLevel", "error"));
        // It names every lock that is held when its client is closed, ten thousand in one line.
        System.setProperty("org.slf4j.simpleLogger.log.org.redisson.renewal", "off");
        int exit = run(List.of(arguments), System.out, System.err);
        System.out.flush();
        System.exit(exit);
    }

    static int run(List<String> arguments, PrintStream out, PrintStream errors) throws IOException {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            out.print(BenchOptions.HELP);
            return OK;
        }
        try {
            String command = "./holdfast bench " + String.join(" ", arguments).replaceAll("//[^ ]*@", "//...@");
            return new Bench(BenchOptions.parse(arguments), command, out).run(errors);
        } catch (UsageException wrong) {
            errors.println("holdfast: " + wrong.getMessage());
            return USAGE;
        }
    }

    private int run(PrintStream errors) throws IOException {
        Path drawn = options.draw();
        if (drawn != null) {
            draw(read(drawn));
            return OK;
        }
        if (options.inner()) {
            return inner(errors);
        }
        String backend = options.backend();
        String store = backend == null ? "" : Servers.store(backend);
        boolean failed = false;
        try (Servers servers = new Servers(backend)) {
            if (options.headline()) {
                return headline(servers, errors);
            }
            List<Scenario> chosen = chosen(Scenarios.of(servers), store);
            if (options.list()) {
                chosen.forEach(scenario -> out.println(scenario.name() + ": " + scenario.title() + "; "
                        + scenario.axis() + " "
                        + scenario.points().stream().map(String::valueOf).collect(Collectors.joining(", "))));
                return OK;
            }
            List<Result> all = new ArrayList<>();
            for (Scenario scenario : chosen) {
                Contest contest = new Contest(options.rounds(), options.millis(), servers.meter(scenario.store()));
                for (int point : points(scenario)) {
                    try {
                        List<Result> results = contest.run(scenario, point, this::isWanted);
                        report.table(results);
                        save(results, place(servers));
                        all.addAll(results);
                    } catch (UsageException wrong) {
                        throw wrong;
                    } catch (Exception trouble) {
                        failed = true;
                        errors.println("holdfast: " + scenario.name() + " at " + point + " " + scenario.axis()
                                + " was not measured: " + trouble);
                    }
                }
            }
            String place = place(servers);
            out.println();
            out.println(place);
            draw(all);
        }
        return failed ? FAILED : OK;
    }

    private int headline(Servers servers, PrintStream errors) {
        try {
            report.print(new Headline(servers, options.millis()).rows());
        } catch (Exception trouble) {
            errors.println("holdfast: the headline figures were not measured: " + trouble);
            return FAILED;
        }
        out.println();
        out.println(place(servers));
        return OK;
    }

    private int inner(PrintStream errors) {
        try {
            new Runner(new OptionsBuilder()
                            .include(InnerLoops.class.getName())
                            .addProfiler(GCProfiler.class)
                            .build())
                    .run();
        } catch (RunnerException trouble) {
            errors.println("holdfast: the inner loops were not measured: " + trouble);
            return FAILED;
        }
        out.println();
        out.println(Place.machine() + "; commit " + Place.commit() + "; `" + command + "`");
        return OK;
    }

    private List<Scenario> chosen(List<Scenario> all, String store) {
        for (String name : options.only()) {
            if (all.stream().noneMatch(scenario -> scenario.name().startsWith(name))) {
                throw new UsageException(
                        "--only: no scenario's name begins with \"" + name + "\"; --list names them all");
            }
        }
        List<Scenario> chosen = all.stream()
                .filter(scenario -> store.isEmpty() || scenario.store().equals(store))
                .filter(scenario ->
                        options.only().isEmpty() || options.only().stream().anyMatch(scenario.name()::startsWith))
                // Without a URL quick leaves the Cluster out, whose six servers would share this machine.
                .filter(scenario -> !options.quick()
                        || (scenario.quick() >= 0
                                && (!store.isEmpty() || !scenario.store().equals("cluster"))))
                .toList();
        if (chosen.isEmpty()) {
            throw new UsageException("nothing is left to measure: --only names no scenario of "
                    + (store.isEmpty() ? "a quick run" : "the backend " + store) + "; --list names them all");
        }
        return chosen;
    }

    private List<Integer> points(Scenario scenario) {
        if (options.quick()) {
            return List.of(scenario.quick());
        }
        return options.points().isEmpty() ? scenario.points() : options.points();
    }

    private boolean isWanted(String contender) {
        return options.against().isEmpty()
                || contender.startsWith("holdfast")
                || options.against().stream().anyMatch(contender::startsWith);
    }

    private String place(Servers servers) {
        String libraries = Place.libraries().entrySet().stream()
                .map(library -> library.getKey() + " " + library.getValue())
                .collect(Collectors.joining(", "));
        return Place.machine() + "; "
                + servers.versions().stream().map(version -> version + ", ").collect(Collectors.joining())
                + libraries + "; commit " + Place.commit() + "; `" + command + "`, " + options.rounds() + " rounds of "
                + options.millis() + " ms";
    }

    /** At once, so that what was measured is there whatever becomes of the rest; where it was measured goes before it. */
    private void save(List<Result> results, String place) throws IOException {
        Path file = options.json();
        if (file == null) {
            return;
        }
        List<String> lines = new ArrayList<>();
        lines.add(JSON.writeValueAsString(Map.of("place", place)));
        for (Result result : results) {
            lines.add(JSON.writeValueAsString(result));
        }
        Files.write(file, lines, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Results of a file, of which the later count where a scenario was measured more than once. */
    private static List<Result> read(Path file) throws IOException {
        try (var lines = Files.lines(file, StandardCharsets.UTF_8)) {
            return lines.filter(line -> !line.startsWith("{\"place\""))
                    .map(Bench::parse)
                    .toList();
        } catch (UncheckedIOException damaged) {
            throw new UsageException("--draw: " + file + " is not what --json writes: " + damaged.getMessage());
        }
    }

    private static Result parse(String line) {
        try {
            return JSON.readValue(line, Result.class);
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged.getMessage(), damaged);
        }
    }

    private void draw(List<Result> results) throws IOException {
        Path folder = options.svg();
        if (folder != null) {
            for (Path drawing : Chart.draw(results, folder)) {
                out.println("drawn: " + drawing);
            }
        }
    }
}
