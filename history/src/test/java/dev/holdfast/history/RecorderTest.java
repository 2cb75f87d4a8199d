package dev.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.history.Operation.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecorderTest {

    private final AtomicLong clock = new AtomicLong();
    private final Recorder recorder = new Recorder(clock::incrementAndGet);
    private final ClientRecorder client = recorder.client("c");

    @Test
    void operations_areStampedAndMergedByCall() {
        Call put = client.put("k", "v");
        ReadCall<String> get = recorder.client("d").get("k");
        get.ok("v");
        put.ok();
        assertEquals(
                List.of(
                        new Operation("c", "k", Kind.PUT, null, "v", Outcome.OK, 1, 4),
                        new Operation("d", "k", Kind.GET, null, "v", Outcome.OK, 2, 3)),
                recorder.history());
    }

    @Test
    void callNeverTold_isUnknown() {
        client.put("k", "v");
        client.get("k");
        client.acquire("l");
        client.readSet("s");
        client.readSnapshot("s");
        List<Event> history = recorder.history();
        assertEquals(5, history.size());
        history.forEach(event -> {
            assertEquals(Outcome.UNKNOWN, event.outcome());
            assertEquals(Long.MAX_VALUE, event.ret());
        });
    }

    @Test
    void callToldTwice_isAMistake() {
        Call put = client.put("k", "v");
        put.unknown();
        assertThrows(IllegalStateException.class, put::ok);
        GrantCall acquire = client.acquire("l");
        acquire.refused();
        assertThrows(IllegalStateException.class, () -> acquire.granted(1, 10));
    }

    @Test
    void grant_isRecordedWithItsLife() {
        GrantCall acquire = client.acquire("l");
        acquire.sent();
        acquire.granted(7, 1000);
        acquire.renew(2000).tell(Outcome.OK);
        acquire.renew(3000);
        acquire.releasing();
        acquire.released();
        acquire.lost();
        List<Grant.Renewal> renewals = List.of(
                new Grant.Renewal(2000, Outcome.OK, 4, 5), new Grant.Renewal(3000, Outcome.UNKNOWN, 6, Long.MAX_VALUE));
        Grant.End end = new Grant.End(Grant.End.Kind.RELEASED, 7, 8);
        assertEquals(List.of(new Grant("c", "l", Outcome.OK, 7, 1000, 2L, renewals, end, 1, 3)), recorder.history());
    }

    @Test
    void releaseOfALostGrant_leavesItLost() {
        GrantCall acquire = client.acquire("l");
        acquire.granted(7, 1000);
        acquire.lost();
        acquire.releasing();
        acquire.released();
        Grant.End end = new Grant.End(Grant.End.Kind.LOST, 3, 3);
        assertEquals(List.of(new Grant("c", "l", Outcome.OK, 7, 1000, null, List.of(), end, 1, 2)), recorder.history());
    }

    @Test
    void threadsRecordAtOnce_andNothingIsLost() throws InterruptedException {
        Recorder recorder = new Recorder();
        AtomicReference<String> register = new AtomicReference<>();
        ClientRecorder shared = recorder.client("shared");
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            String name = "t" + t;
            ClientRecorder client = t < 2 ? shared : recorder.client(name);
            threads.add(new Thread(() -> {
                for (int i = 0; i < 5_000; i++) {
                    Call put = client.put("k", name + "-" + i);
                    register.set(name + "-" + i);
                    put.ok();
                    ReadCall<String> get = client.get("k");
                    get.ok(register.get());
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(40_000, Checks.linearizable(recorder.history()).requireOk().checked());
    }

    @Test
    void history_survivesAFile(@TempDir Path folder) throws IOException {
        client.compareAndSet("k \"\\\n\u0000\ud800 é", null, "").refused();
        client.delete("k").failed();
        client.get("k").ok(null);
        GrantCall acquire = client.acquire("l");
        acquire.sent();
        acquire.granted(Long.MAX_VALUE, -1);
        acquire.renew(5).tell(Outcome.OK);
        acquire.renew(6);
        acquire.lost();
        client.acquire("l").unknown();
        client.held("l", 1).ok();
        client.fencedWrite("s", 1).refused();
        client.add("set", "a").ok();
        client.readSet("set").ok(Set.of("a", "b"));
        client.readSnapshot("s").ok(Map.of("a", 1L, "b", 2L));
        List<Event> history = recorder.history();
        assertEquals(
                Event.class.getPermittedSubclasses().length,
                history.stream().map(Event::getClass).distinct().count());
        Path file = folder.resolve("history.jsonl");
        JsonLines.save(history, file);
        assertEquals(history, JsonLines.load(file));
        Verdict before = Checks.all(history, 0, 100);
        assertEquals(before, Checks.all(JsonLines.load(file), 0, 100));
    }

    /** A history that lacks what it is judged by would be found right. */
    @Test
    void whatEveryEventMustHave_isDemandedByItsName() throws IOException {
        GrantCall acquire = client.acquire("l");
        acquire.sent();
        acquire.granted(7, 1000);
        acquire.renew(5).tell(Outcome.OK);
        acquire.lost();
        client.get("k").ok("v");
        client.held("l", 1).ok();
        client.fencedWrite("s", 1).refused();
        client.add("set", "a").ok();
        client.readSet("set").ok(Set.of("a", "b"));
        client.readSnapshot("s").ok(Map.of("a", 1L, "b", 2L));
        Set<String> optional = Set.of("Operation expected", "Operation value", "Grant sent", "Grant end");
        Set<String> demanded = new TreeSet<>();
        for (Event event : recorder.history()) {
            StringBuilder line = new StringBuilder();
            JsonLines.write(List.of(event), line);
            String type = event.getClass().getSimpleName();
            for (RecordComponent field : event.getClass().getRecordComponents()) {
                String name = field.getName();
                String without = without(line.toString(), name);
                if (optional.contains(type + " " + name)) {
                    assertEquals(1, read(without).size(), without);
                } else {
                    assertRefused("\"" + name + "\"", without);
                    demanded.add(type + " " + name);
                }
            }
            assertRefused("\"thread\"", line.toString().replace("\"event\"", "\"thread\":\"main\",\"event\""));
        }
        // Each of seven types has a client, an outcome, a call and a return.
        assertTrue(demanded.size() > 7 * 4, demanded::toString);
        String grant =
                "{\"event\":\"Grant\",\"client\":\"c\",\"lock\":\"l\",\"outcome\":\"OK\",\"fence\":1,\"leaseNanos\":9,"
                        + "\"renewals\":[{\"leaseNanos\":5,\"outcome\":\"OK\",\"call\":1,\"ret\":2}],"
                        + "\"end\":{\"kind\":\"LOST\",\"call\":1,\"ret\":1},\"call\":0,\"ret\":1}";
        assertEquals(1, read(grant).size());
        assertRefused("\"outcome\"", grant.replace("5,\"outcome\":\"OK\"", "5"));
        assertRefused("\"kind\"", grant.replace("\"kind\":\"LOST\",", ""));
        assertRefused("\"why\"", grant.replace("\"kind\"", "\"why\":\"\",\"kind\""));
    }

    /** Null is as good as left out. */
    private static String without(String line, String field) {
        String value = "(\"[^\"]*\"|-?\\d+|\\[[^\\]]*]|\\{[^}]*})";
        return line.replaceAll("\"" + field + "\":" + value, "\"" + field + "\":null");
    }

    private static List<Event> read(String text) throws IOException {
        return JsonLines.read(new BufferedReader(new StringReader(text)));
    }

    private static void assertRefused(String part, String line) {
        Exception error = assertThrows(IllegalArgumentException.class, () -> read(line), line);
        String message = error.getMessage();
        assertTrue(message.startsWith("line 1 ") && message.contains(": " + line.strip()), message);
        assertTrue(message.replace(line.strip(), "").contains(part), message);
    }

    /** Whatever a serializer of somebody else makes of it. */
    @Test
    void linesOfOthers_areReadAsJsonSays(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("others.jsonl");
        Files.writeString(
                file,
                """
                {"ret": 2, "call": 1, "outcome": "OK", "expected": null, "kind": "PUT", "client": "å", "key":
                """
                                .strip()
                        + " \"a\\n\\t\\r\\b\\f\\/\\\\\\\"é\\u00e9\\ud83d\\ude00\", \"value\": \"日本\", \"event\": \"Operation\"}\r\n");
        assertEquals(
                List.of(new Operation("å", "a\n\t\r\b\f/\\\"éé\ud83d\ude00", Kind.PUT, null, "日本", Outcome.OK, 1, 2)),
                JsonLines.load(file));
    }

    @Test
    void whatJsonDoesNotSay_isRefused() throws IOException {
        String line =
                "{\"event\":\"Add\",\"client\":\"c\",\"set\":\"s\",\"element\":\"e\",\"outcome\":\"OK\",\"call\":1,\"ret\":2}";
        assertEquals(1, read(line).size());
        assertRefused("column", line.replace("\"e\"", "\"\\x\""));
        assertRefused("column", line.replace("\"e\"", "\"\\u+0a1\""));
        assertRefused("column", line.replace("\"e\"", "nil"));
        assertRefused("column", line.replace("\"e\"", "\"\t\""));
        assertRefused("\"set\" is given twice", line.replace("\"set\"", "\"set\":\"t\",\"set\""));
        assertRefused("\"element\"", line.replace("\"e\"", "7"));
        assertRefused("1.5 is no whole number", line.replace("\"call\":1", "\"call\":1.5"));
        assertRefused("\"outcome\"", line.replace("OK", "GOOD"));
        assertRefused(
                "\"elements\"",
                line.replace("\"Add\"", "\"SetRead\"").replace("\"element\":\"e\"", "\"elements\":[\"e\",null]"));
        assertRefused(
                "\"generations\"",
                line.replace("\"Add\"", "\"SnapshotRead\"")
                        .replace("set", "scope")
                        .replace("\"element\":\"e\"", "\"generations\":{\"a\":\"1\"}"));
    }

    @Test
    void badLine_isNamed() throws IOException {
        StringBuilder good = new StringBuilder();
        JsonLines.write(List.of(Ops.put("a", 1, 2)), good);
        String line = good.toString().strip();
        List<String> bad = List.of(
                "",
                "{",
                "[]",
                "7",
                "{}",
                "{\"event\":\"Nothing\"}",
                line + "x",
                line.substring(0, line.length() - 1),
                line.replace("\"call\":1", "\"call\":3"),
                line.replace("\"call\":1,", ""),
                line.replace("PUT", "PAT"),
                line.replace("\"ret\":2", "\"ret\":99999999999999999999"),
                line.replace("\"ret\":2", "\"ret\":\"2\""),
                line.replace("\"a\"", "\"\\u00"));
        for (String text : bad) {
            BufferedReader in = new BufferedReader(new StringReader(good + text + "\n"));
            Exception error = assertThrows(IllegalArgumentException.class, () -> JsonLines.read(in), text);
            assertTrue(error.getMessage().startsWith("line 2 is no event: "), error::getMessage);
        }
    }
}
