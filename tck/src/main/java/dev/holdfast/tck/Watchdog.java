package dev.holdfast.tck;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Runs code that may hang, in a thread of its own: one that does not even hear an interrupt is left behind. */
final class Watchdog {
    /** For code that was interrupted to clean up. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    /** Code that may throw anything. */
    interface Code {
        void run() throws Throwable;
    }

    private Watchdog() {}

    /** Throws what the code throws; if it does not end in time, interrupts it and throws an error with the place where it stood. */
    static void run(String what, Duration bound, Code code) throws Throwable {
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        code.run();
                    } catch (Throwable any) {
                        thrown.set(any);
                    }
                },
                "tck-rule");
        thread.setDaemon(true);
        thread.start();
        try {
            thread.join(bound.toMillis());
        } catch (InterruptedException interrupt) {
            thread.interrupt();
            throw interrupt;
        }
        StackTraceElement[] place = thread.getStackTrace();
        if (thread.isAlive()) {
            thread.interrupt();
            thread.join(LAST_WORDS.toMillis());
            AssertionError late = new AssertionError(what + " did not end within " + bound);
            late.setStackTrace(place);
            throw late;
        }
        Throwable any = thrown.get();
        if (any != null) {
            throw any;
        }
    }
}
