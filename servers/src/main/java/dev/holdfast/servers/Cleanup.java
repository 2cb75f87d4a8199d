package dev.holdfast.servers;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What this JVM does when it ends in an orderly way; when it is killed, {@link ServerProcess}'s wrapper does it. */
final class Cleanup {
    private static final Deque<Runnable> TASKS = new ArrayDeque<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Cleanup::runAll, "holdfast-servers-cleanup"));
    }

    private Cleanup() {}

    /** Runs the task when the JVM ends, the last one first. */
    static void atExit(Runnable task) {
        synchronized (TASKS) {
            TASKS.push(task);
        }
    }

    /** Takes the task back. */
    static void forget(Runnable task) {
        synchronized (TASKS) {
            TASKS.remove(task);
        }
    }

    private static void runAll() {
        for (Runnable task = next(); task != null; task = next()) {
            task.run();
        }
    }

    private static @Nullable Runnable next() {
        synchronized (TASKS) {
            return TASKS.poll();
        }
    }
}
