package dev.holdfast.cli;

import dev.holdfast.backend.Backend;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A worker that is a thread of this JVM, with a backend of its own as a process would have: its own lock engine, which knows nothing of
 * the others. Its stops are those of its {@link WorkerTime}.
 */
final class WorkerThread implements WorkerHandle {
    private final String name;
    private final WorkerTime time = new WorkerTime();
    private final Backend backend;
    private final List<Partition> partitions;
    private final DemoOptions options;
    private volatile @Nullable Throwable failure;
    private @Nullable Thread thread;

    /** {@code open} opens a backend with the clocks and timers of the worker. */
    WorkerThread(String name, Function<WorkerTime, Backend> open, List<Partition> partitions, DemoOptions options) {
        this.name = name;
        this.backend = open.apply(time);
        this.partitions = partitions;
        this.options = options;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void awaitReady() {}

    @Override
    public synchronized void begin(BiConsumer<WorkerHandle, Tiding> listener) {
        Worker worker = new Worker(name, backend, time, partitions, options, tiding -> listener.accept(this, tiding));
        Thread working = new Thread(() -> work(worker), "demo-" + name);
        working.setDaemon(true);
        working.start();
        thread = working;
    }

    private void work(Worker worker) {
        try {
            worker.run();
        } catch (CancellationException | InterruptedException over) {
            // The demo is over, and this worker with it.
        } catch (RuntimeException | Error unexpected) {
            failure = unexpected;
        }
    }

    @Override
    public String kill() {
        time.kill();
        return "is killed";
    }

    @Override
    public String pause() {
        time.pause();
        return "is paused";
    }

    @Override
    public void goOn() {
        time.goOn();
    }

    @Override
    public synchronized boolean isAlive() {
        return thread != null && thread.isAlive() && !time.isKilled();
    }

    @Override
    public boolean isStopped() {
        return time.isStopped();
    }

    @Override
    public void await(long millis) throws InterruptedException {
        Thread working = thread();
        if (working != null) {
            working.join(millis);
        }
    }

    private synchronized @Nullable Thread thread() {
        return thread;
    }

    @Override
    public void requireWell() {
        Throwable unexpected = failure;
        if (unexpected != null) {
            throw new IllegalStateException(name + " failed", unexpected);
        }
    }

    @Override
    public void close() {
        time.end();
        Thread working = thread();
        if (working != null) {
            try {
                working.join();
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
            }
        }
        backend.close();
    }
}
