package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One process at a time, each with a store in its own memory: what is told and what is done to it is the same on any store. */
@Timeout(60)
class WorkerProcessTest {
    private static final int PARTITIONS = 3;

    private final BlockingQueue<Tiding> told = new LinkedBlockingQueue<>();

    @Test
    void process_tellsAllItDoesAndEnds() throws InterruptedException {
        try (WorkerProcess worker = start("memory:")) {
            worker.begin((handle, tiding) -> told.add(tiding));
            awaitEnd(worker);
            worker.requireWell();
            assertFalse(worker.isStopped());
        }
        assertEquals(PARTITIONS, count(Tiding.Kind.CLAIMED));
        assertEquals(PARTITIONS, count(Tiding.Kind.FINISHED));
        assertEquals(count(Tiding.Kind.WRITING), count(Tiding.Kind.COMMITTED));
        assertEquals(
                2_000,
                told.stream()
                        .filter(tiding -> tiding.kind() == Tiding.Kind.COMMITTED)
                        .mapToInt(tiding -> tiding.to() - tiding.from())
                        .sum());
    }

    @Test
    void kill_endsItWithTheChunkInHand() throws InterruptedException {
        try (WorkerProcess worker = start("memory:")) {
            worker.begin((handle, tiding) -> {
                told.add(tiding);
                if (tiding.kind() == Tiding.Kind.FOLDED) {
                    assertTrue(handle.kill().startsWith("gets kill -9"));
                }
            });
            awaitEnd(worker);
            assertTrue(worker.isStopped());
            worker.requireWell();
        }
        assertEquals(1, count(Tiding.Kind.FOLDED));
        assertEquals(0, count(Tiding.Kind.WRITING));
    }

    @Test
    void pause_stopsTheProcessUntilItGoesOn() throws InterruptedException, IOException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "only Linux shows here what state a process is in");
        CountDownLatch paused = new CountDownLatch(1);
        try (WorkerProcess worker = start("memory:")) {
            worker.begin((handle, tiding) -> {
                told.add(tiding);
                if (tiding.kind() == Tiding.Kind.FOLDED && paused.getCount() > 0) {
                    handle.pause();
                    paused.countDown();
                }
            });
            paused.await();
            assertTrue(worker.isAlive() && worker.isStopped());
            assertEquals('T', state(worker));
            assertEquals(0, count(Tiding.Kind.WRITING));
            worker.goOn();
            awaitEnd(worker);
            worker.requireWell();
        }
        assertEquals(PARTITIONS, count(Tiding.Kind.FINISHED));
    }

    @Test
    void commandLine_doesNotShowTheUrl() throws InterruptedException {
        try (WorkerProcess worker = start("memory:under-the-rose")) {
            String line = worker.handle().info().commandLine().orElse("");
            assertTrue(line.isEmpty() || line.contains("WorkerMain w1"), line);
            assertFalse(line.contains("under-the-rose"), line);
        }
    }

    @Test
    void close_leavesNoProcessEvenIfItIsPaused() throws InterruptedException {
        CountDownLatch paused = new CountDownLatch(1);
        WorkerProcess worker = start("memory:");
        worker.begin((handle, tiding) -> {
            if (tiding.kind() == Tiding.Kind.FOLDED) {
                handle.pause();
                paused.countDown();
            }
        });
        paused.await();
        worker.close();
        assertFalse(worker.handle().isAlive());
    }

    @Test
    void awaitReady_ofAProcessThatCannotOpenItsStoreThrows() {
        try (WorkerProcess worker =
                WorkerProcess.start("w1", "test", DemoOptions.parse(List.of("--backend=memory:x?leese=1s")))) {
            IllegalStateException refusal = assertThrows(IllegalStateException.class, worker::awaitReady);
            assertTrue(refusal.getMessage().startsWith("w1 (process "), refusal.getMessage());
        }
    }

    private static WorkerProcess start(String url) {
        WorkerProcess worker = WorkerProcess.start(
                "w1",
                "test",
                DemoOptions.parse(List.of(
                        "--backend=" + url,
                        "--workers=" + PARTITIONS,
                        "--partitions=" + PARTITIONS,
                        "--records=2000",
                        "--rate=0")));
        worker.awaitReady();
        return worker;
    }

    private static void awaitEnd(WorkerProcess worker) throws InterruptedException {
        while (worker.isAlive()) {
            worker.await(1_000);
        }
    }

    private long count(Tiding.Kind kind) {
        return told.stream().filter(tiding -> tiding.kind() == kind).count();
    }

    /** As in {@code /proc}, behind the name in parentheses. */
    private static char state(WorkerProcess worker) throws IOException {
        String stat =
                Files.readString(Path.of("/proc", Long.toString(worker.handle().pid()), "stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }
}
