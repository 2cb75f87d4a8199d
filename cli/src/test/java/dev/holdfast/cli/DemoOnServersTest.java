package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.MissingBinaryException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo as it is meant: a JVM for each worker, a real server, a real kill -9 and a real SIGSTOP. */
@Timeout(150)
class DemoOnServersTest {
    private static final Flights FLIGHTS = Flights.load().first(6_000);
    private static LocalStore server;

    @BeforeAll
    static void start() {
        try {
            server = LocalStore.start("redis");
        } catch (MissingBinaryException missing) {
            abort(missing.getMessage());
        }
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void ledger_isExactThoughProcessesAndTheServerAreKilled() throws InterruptedException {
        List<String> told = new ArrayList<>();
        Demo.Watcher watcher = new Demo.Watcher() {
            @Override
            public void begin(Backend store, DemoOptions options) {
                assertTrue(Demo.runsProcesses(store), store::toString);
            }

            @Override
            public void look(Journal journal) {
                journal.newsAfter(told.size()).forEach(news -> told.add(news.text()));
            }
        };
        DemoOptions options = DemoOptions.parse(List.of(
                "--backend=redis",
                "--kill-server",
                "--workers=3",
                "--partitions=4",
                "--records=6000",
                "--rate=0",
                "--chunk=50"));
        Run run = new Demo(options, FLIGHTS, watcher, server).run();
        assertTrue(run.audit().isExact(), () -> run.audit() + " after " + told);
        assertTrue(run.isAsExpected(false), told::toString);
        // The dead ended with 137, and the stopped were seen to be, or this would not have been told.
        assertEquals(1, count(told, "w\\d gets kill -9 \\(process \\d+\\) in partition .*"), told::toString);
        assertEquals(1, count(told, "w\\d gets SIGSTOP \\(process \\d+\\) in partition .*"), told::toString);
        assertEquals(1, count(told, "redis-server gets kill -9 \\(process \\d+\\)"), told::toString);
        assertTrue(count(told, "w\\d writes records .*: REFUSED, its fence is superseded") >= 1, told::toString);
        assertEquals(6_000, run.journal().committed());
        assertNothingIsLeftInTheStore();
    }

    /** Also not the one that is stopped when nobody is there any more to let it go on. */
    @Test
    void workers_endWhenTheirOverseerIsKilled() throws IOException, InterruptedException {
        Process overseer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "demo",
                        "--backend=" + server.url(),
                        "--workers=3",
                        "--partitions=3",
                        "--records=6000",
                        "--chunk=10",
                        "--rate=3000",
                        "--lease=60000")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<ProcessHandle> workers;
        try (BufferedReader lines = overseer.inputReader()) {
            String line = lines.readLine();
            while (line != null && !line.contains("gets SIGSTOP")) {
                line = lines.readLine();
            }
            workers = overseer.descendants().toList();
            overseer.destroyForcibly();
        }
        // Two are left of three, and the shell that holds the stopped one.
        assertTrue(workers.size() >= 3, workers::toString);
        for (ProcessHandle worker : workers) {
            worker.onExit().orTimeout(20, TimeUnit.SECONDS).join();
        }
    }

    private static void assertNothingIsLeftInTheStore() {
        try (Backend store = Backends.open(server.url())) {
            assertFalse(store.state().scopes("").iterator().hasNext());
        }
    }

    private static long count(List<String> told, String pattern) {
        return told.stream().filter(text -> text.matches(pattern)).count();
    }
}
