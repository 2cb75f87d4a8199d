package dev.holdfast.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--fast | bench does not know \"--fast\"",
                "quick | bench does not know \"quick\"",
                "--rounds 5 | bench needs --quick, --headline, --inner, or --only with the names of scenarios",
                "--quick --quick | --quick is given twice",
                "--quick=yes | --quick takes no value, but was given \"yes\"",
                "--only | --only needs a value",
                "--only --quick | --only needs a value",
                "--only redis-get,,x | --only needs names with a comma between them",
                "--only nosuch | --only: no scenario's name begins with \"nosuch\"",
                "--quick --only memory-lock | nothing is left to measure",
                "--quick --only redis --backend memory:x | nothing is left to measure",
                "--quick --points 16 | --quick chooses the points itself",
                "--quick --rounds 0 | --rounds must be from 1 to 99, was 0",
                "--quick --millis 1s | --millis needs a whole number, not \"1s\"",
                "--quick --backend rediss://somebody:s3cret@h:1 | --backend must be redis://host:port",
                "--quick --backend redis://somebody:s3cret@127.0.0.1:1 | --backend: 127.0.0.1:1 does not answer",
                "--quick --backend redis://a_b:c | --backend: \"a_b:c\" is no host",
                "--quick --backend redis://127.0.0.1:1/x | --backend: the path of redis:// is the number of a database",
                "--quick --backend redis://127.0.0.1:1?lanes=4 | --backend: parameters are for Holdfast alone",
                "--quick --backend postgresql://somebody:s3cret@127.0.0.1:1/x | --backend: the database cannot be opened",
                "--quick --backend postgresql://127.0.0.1:1/x?schema=y | --backend: parameters are for Holdfast alone",
                "--draw nosuch.json --svg . | --draw names \"nosuch.json\", which is no file",
                "--quick --svg nosuch | --svg names \"nosuch\", which is no folder",
                "--headline --quick | --headline has its own scenes",
                "--inner --quick | --inner has its own times",
                "--draw pom.xml | --draw needs --svg FOLDER",
                "--draw pom.xml --svg . --quick | --draw measures nothing",
                "--draw pom.xml --svg . | --draw: pom.xml is not what --json writes",
            })
    void wrongCommandLines_exitWith2AndSayWhy(String line, String message) throws IOException {
        assertEquals(2, run(line));
        String said = text(errors);
        assertTrue(said.startsWith("holdfast: ") && said.contains(message), said);
        assertFalse(said.contains("s3cret"), said);
        assertEquals("", text(out));
    }

    @Test
    void list_namesEveryScenarioWithoutAServer() throws IOException {
        assertEquals(0, run("--list"));
        assertTrue(text(out).contains("redis-get: get of 128 bytes; callers 1, 16, 64, 256"), text(out));
        assertTrue(text(out).lines().anyMatch(line -> line.startsWith("postgres-lock: ")), text(out));
    }

    @Test
    void results_areATableAndLinesThatCanBeDrawn(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("results.json");
        assertEquals(0, run("--only memory-get --points 1,2 --rounds 1 --millis 50 --json " + json), text(errors));
        String table = text(out);
        for (String expected : List.of("Ratio to map.", "| holdfast", "| caffeine", "commit ", "--only memory-get")) {
            assertTrue(table.contains(expected), table);
        }
        // Of each of two points where it was measured, and three contenders.
        assertEquals(8, Files.readAllLines(json).size());

        assertEquals(0, run("--draw " + json + " --svg " + folder), text(errors));
        String drawing = Files.readString(folder.resolve("memory-get.svg"));
        for (String expected :
                List.of("prefers-color-scheme: dark", ">callers<", ">holdfast<", ">caffeine<", ">map<")) {
            assertTrue(drawing.contains(expected), drawing);
        }
        assertFalse(drawing.contains("NaN"), drawing);
    }

    /** A run of an hour that is broken off shall not have been for nothing. */
    @Test
    void results_areWrittenWhenTheirPointIsDone(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("results.json");
        List<Long> linesAtHeads = new ArrayList<>();
        PrintStream watched = new PrintStream(out, true, StandardCharsets.UTF_8) {
            @Override
            public PrintStream printf(@Nullable Locale locale, String form, @Nullable Object... values) {
                linesAtHeads.add(lines(json));
                return super.printf(locale, form, values);
            }
        };
        List<String> line =
                List.of(("--only memory-get,memory-put --points 2 --rounds 1 --millis 50 --json " + json).split(" "));
        assertEquals(0, Bench.run(line, watched, new PrintStream(errors, true, StandardCharsets.UTF_8)), text(errors));
        assertEquals(List.of(0L, 4L), linesAtHeads);
    }

    private static long lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private int run(String line) throws IOException {
        return Bench.run(
                List.of(line.split(" ")),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
