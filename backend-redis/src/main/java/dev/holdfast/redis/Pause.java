package dev.holdfast.redis;

import dev.holdfast.spi.Time;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits on the caller's thread, by the clock that everything goes by. */
final class Pause {
    private Pause() {}

    static void of(Time time, long nanos) throws InterruptedException {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        Time.Timer timer = time.schedule(nanos, () -> over.complete(true));
        try {
            over.get();
        } catch (InterruptedException interrupt) {
            timer.cancel();
            throw interrupt;
        } catch (ExecutionException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
