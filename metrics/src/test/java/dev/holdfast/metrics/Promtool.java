package dev.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Prometheus's own tool for rules, where the machine has it: nothing else evaluates them as Prometheus does. */
final class Promtool {
    private static final String NAME = "promtool";

    private Promtool() {}

    /** Says loudly that a test is not run if there is none. */
    static void assumePresent() {
        if (program().isEmpty()) {
            String why = "NOT RUN: there is no program " + NAME + " on the PATH; install the package prometheus";
            System.out.println(why);
            assumeTrue(false, why);
        }
    }

    private static Optional<Path> program() {
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(":", -1))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, NAME))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** How it ended, and what it said. */
    record Verdict(boolean good, String said) {}

    static Verdict run(Path folder, String... arguments) throws IOException, InterruptedException {
        Path said = Files.createTempFile(folder, NAME, ".log");
        Process process = new ProcessBuilder(
                        Stream.concat(Stream.of(program().orElseThrow().toString()), List.of(arguments).stream())
                                .toList())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertTrue(process.waitFor(2, TimeUnit.MINUTES), NAME + " did not end");
        } finally {
            process.destroyForcibly();
        }
        return new Verdict(process.exitValue() == 0, Files.readString(said));
    }
}
