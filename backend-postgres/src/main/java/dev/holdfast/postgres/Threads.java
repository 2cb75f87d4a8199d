package dev.holdfast.postgres;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that wait for the server in somebody's place: daemons with a name, that end when idle. */
final class Threads {
    private static final int MOST = 64;

    private Threads() {}

    static ExecutorService daemons(String name) {
        AtomicInteger count = new AtomicInteger();
        return new ThreadPoolExecutor(0, MOST, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }
}
