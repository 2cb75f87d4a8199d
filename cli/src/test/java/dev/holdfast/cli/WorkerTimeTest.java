package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Time;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class WorkerTimeTest {
    private final WorkerTime time = new WorkerTime();
    private final AtomicInteger ran = new AtomicInteger();
    private final CountDownLatch tasks = new CountDownLatch(2);

    @Test
    void tasks_runInTheirTime() throws InterruptedException {
        beginTasks();
        tasks.await();
        assertEquals(2, ran.get());
    }

    @Test
    void tasksOfAPause_runAfterIt() throws InterruptedException {
        time.pause();
        beginTasks();
        passMachineTime();
        assertEquals(0, ran.get());
        time.goOn();
        tasks.await();
        assertEquals(2, ran.get());
    }

    @Test
    void tasksOfTheKilled_neverRun() throws InterruptedException {
        // Paused before, so that the task cannot be done before the end, however slow this machine is.
        time.pause();
        beginLater();
        time.kill();
        beginTasks();
        passMachineTime();
        assertEquals(0, ran.get());
    }

    @Test
    void task_canBeTakenBack() {
        Time.Timer timer = time.schedule(1_000_000_000_000L, ran::incrementAndGet);
        assertTrue(timer.cancel());
        assertFalse(timer.cancel());
    }

    @Test
    void pass_stopsThePausedUntilItGoesOn() throws InterruptedException {
        time.pause();
        CompletableFuture<Void> passed = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                time.pass();
                passed.complete(null);
            } catch (InterruptedException interrupt) {
                passed.completeExceptionally(interrupt);
            }
        });
        thread.start();
        passMachineTime();
        assertFalse(passed.isDone());
        time.goOn();
        passed.join();
        thread.join();
    }

    @Test
    void pass_endsTheThreadWhenAllIsOver() {
        time.kill();
        time.end();
        assertThrows(CancellationException.class, time::pass);
        assertThrows(CancellationException.class, () -> time.restUntil(time.nanos() + 1_000_000_000_000L));
    }

    private void beginTasks() {
        time.schedule(0, this::ran);
        time.callbacks().execute(this::ran);
    }

    private void beginLater() {
        time.schedule(1_000_000, this::ran);
    }

    private void ran() {
        ran.incrementAndGet();
        tasks.countDown();
    }

    /** Lets the machine's timer and callbacks do what was asked of them before. */
    private static void passMachineTime() throws InterruptedException {
        CountDownLatch passed = new CountDownLatch(2);
        Time.system().schedule(5_000_000, passed::countDown);
        Time.system().callbacks().execute(passed::countDown);
        passed.await();
    }
}
