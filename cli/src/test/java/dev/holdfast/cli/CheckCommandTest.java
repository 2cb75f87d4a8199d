package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.JsonLines;
import dev.holdfast.history.Recorder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final Recorder recorder = new Recorder(new AtomicLong()::incrementAndGet);
    private final ClientRecorder client = recorder.client("c");

    @TempDir
    private Path folder;

    @Test
    void aHistoryThatIsRight_exitsWith0() throws Exception {
        putAndGet("v", "v");
        assertEquals(0, check(saved().toString()), this::said);
        assertTrue(said().contains("2 events") && said().contains("linearizable     ok (2 events)"), said());
    }

    @Test
    void aHistoryThatIsWrong_exitsWith1AndTellsItsCulprits() throws Exception {
        putAndGet("v", "w");
        assertEquals(1, check(saved().toString()), this::said);
        assertTrue(said().contains("VIOLATION") && said().contains("w was seen, which nobody wrote"), said());
    }

    /** Deletes make it a case for the search, whose budget is spent at once; undecided is not ok. */
    @Test
    void aHistoryThatIsNotDecided_exitsWith3() throws Exception {
        for (int i = 0; i < 6; i++) {
            client.delete("k").unknown();
            client.put("k", "v" + i).unknown();
        }
        client.get("k").ok("v3");
        assertEquals(3, check(saved().toString(), "--budget", "1"), this::said);
        assertTrue(said().contains("UNDECIDED"), said());
    }

    @Test
    void ofSeveralFiles_theWorstCounts() throws Exception {
        putAndGet("v", "v");
        Path right = saved();
        putAndGet("x", "y");
        assertEquals(1, check(right.toString(), saved().toString()), this::said);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "check | check needs the file of a history",
                "check a.jsonl --fast | check does not know \"--fast\"",
                "check a.jsonl --drift 2 | --drift must be from 0 to 0.5, was 2",
                "check a.jsonl --drift x | --drift needs a number, not \"x\"",
                "check nowhere.jsonl | \"nowhere.jsonl\" cannot be read"
            })
    void wrongCommandLines_exitWith2AndSayWhy(String line, String message) throws InterruptedException {
        assertEquals(2, run(List.of(line.split(" "))));
        assertTrue(errors.toString(StandardCharsets.UTF_8).contains(message), errors.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whatIsNoHistory_exitsWith2AndNamesTheLine() throws Exception {
        Path file = folder.resolve("other.jsonl");
        Files.writeString(file, "{\"event\":\"Weather\"}\n");
        assertEquals(2, check(file.toString()));
        assertTrue(errors.toString(StandardCharsets.UTF_8).contains("line 1 is no event"), errors::toString);
    }

    /** Without an outcome it would say nothing, and be found right. */
    @Test
    void aHistoryWithAHole_exitsWith2AndNamesTheField() throws Exception {
        Path file = folder.resolve("hole.jsonl");
        Files.writeString(
                file,
                "{\"event\":\"Operation\",\"client\":\"a\",\"key\":\"k\",\"kind\":\"GET\",\"value\":\"9\",\"call\":1,\"ret\":2}\n");
        assertEquals(2, check(file.toString()), this::said);
        assertTrue(said().contains("line 1 is no event") && said().contains("\"outcome\""), said());
    }

    private void putAndGet(String put, String got) {
        String key = "key of " + put;
        client.put(key, put).ok();
        client.get(key).ok(got);
    }

    private Path saved() throws IOException {
        Path file = Files.createTempFile(folder, "history", ".jsonl");
        JsonLines.save(recorder.history(), file);
        return file;
    }

    private int check(String... words) throws InterruptedException {
        return run(Stream.concat(Stream.of("check"), Stream.of(words)).toList());
    }

    private int run(List<String> words) throws InterruptedException {
        Screen screen = new Screen(new PrintStream(out, true, StandardCharsets.UTF_8), false, false);
        return Main.run(words, screen, new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8) + errors.toString(StandardCharsets.UTF_8);
    }
}
