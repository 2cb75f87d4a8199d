package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.Launcher;

/** The kit under JUnit 6, in a JVM of its own: a right backend passes it, and a wrong one is found out with the same words. */
class NextJUnitTest {
    private static final Pattern TALLY =
            Pattern.compile("JUnit (\\S+): right (\\d+) passed, (\\d+) failed; wrong (\\d+) failed");

    @Test
    void aRightBackendPasses_aWrongOneIsFoundOut() throws Exception {
        Path output = Files.createTempFile("next-junit-", ".log");
        output.toFile().deleteOnExit();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath(),
                        NextJUnitTest.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        int exit = process.waitFor();
        String told = Files.readString(output, StandardCharsets.UTF_8);
        assertEquals(0, exit, told);
        Matcher tally = TALLY.matcher(told);
        assertTrue(tally.find(), told);
        assertTrue(tally.group(1).startsWith("6."), () -> "run under JUnit " + tally.group(1));
        assertTrue(Integer.parseInt(tally.group(2)) > 100, told);
        assertEquals("0", tally.group(3), told);
        assertEquals("1", tally.group(4), told);
    }

    /** This class path, with the JUnit that the build has put aside in place of its own. */
    private static String classPath() throws Exception {
        Path classes = Path.of(NextJUnitTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        List<String> next;
        try (Stream<Path> jars = Files.list(classes.resolveSibling("next-junit"))) {
            next = jars.map(Path::toString).toList();
        }
        assertFalse(next.isEmpty(), "the build puts JUnit 6 aside");
        List<String> others = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("junit-"))
                .toList();
        return Stream.concat(others.stream(), next.stream()).collect(Collectors.joining(File.pathSeparator));
    }

    // --- The other JVM

    /** Chapters that need no long leases, by a clock that is moved: so that all of it takes seconds. */
    public static void main(String... arguments) {
        String rules = Rule.all().stream()
                .map(Rule::id)
                .filter(id -> "SKTCBENFLXWG".contains(id.substring(0, 1)))
                .collect(Collectors.joining(","));
        var right = WrongBackendsTest.assertHold(rules, Rig.full(all -> all));
        WrongBackend blatant = WrongBackendsTest.wrongBackends().findFirst().orElseThrow();
        WrongBackendsTest.Graded.current = blatant.subject().get();
        var wrong = WrongBackendsTest.run(blatant.rules());
        System.out.printf(
                "%nJUnit %s: right %d passed, %d failed; wrong %d failed%n",
                Launcher.class.getPackage().getImplementationVersion(),
                right.succeeded().count(),
                right.failed().count(),
                wrong.failed().count());
        // Threads of backends that were left open must not keep it.
        System.exit(0);
    }
}
