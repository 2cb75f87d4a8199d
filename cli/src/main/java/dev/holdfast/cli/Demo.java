package dev.holdfast.cli;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.history.Checks;
import dev.holdfast.history.Recorder;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** Runs the workers over the flights, with the overseer behind them, and compares the ledger with the truth. */
final class Demo {
    private static final int LOOK_MILLIS = 50;
    private static final long LONGEST_SECONDS = 120;

    private final DemoOptions options;
    private final Flights flights;
    private final Watcher watcher;
    private final List<Partition> partitions;
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

    /** Looks on while the demo runs. */
    interface Watcher {
        /** The store is open, and the workers are about to start. */
        void begin(Backend store);

        /** Called often, and at the end, by the thread that runs the demo. */
        void look(Journal journal);
    }

    Demo(DemoOptions options, Flights flights, Watcher watcher) {
        this.options = options;
        this.flights = flights;
        this.watcher = watcher;
        this.partitions = flights.partitions(options.partitions());
    }

    /** A worker's thread, and what must be closed after it. */
    private record Running(Worker worker, Thread thread, Backend backend) {}

    /** Throws {@link IllegalStateException} if a worker failed in a way that no worker should, or never ended. */
    Run run() throws InterruptedException {
        // A namespace for each run, so that a store that lasts starts empty.
        String namespace = "demo-" + UUID.randomUUID();
        // Opened first: the clock of a store in memory is that of whoever opens it, which must be nobody who is paused.
        try (Backend store = open(namespace, Time.system())) {
            watcher.begin(store);
            Journal journal = new Journal(Time.system());
            Overseer overseer = new Overseer(journal, flights.size());
            Recorder recorder = new Recorder();
            List<Running> running = new ArrayList<>();
            try {
                for (int i = 1; i <= options.workers(); i++) {
                    running.add(start("w" + i, namespace, overseer, recorder));
                }
                await(running, journal, overseer);
                long nanos = journal.elapsed();
                Audit audit = Audit.of(store.state(), partitions, flights.totals());
                return new Run(nanos, journal, audit, overseer.hasDoneItAll(), Checks.fencedWrites(recorder.history()));
            } finally {
                running.forEach(Demo::end);
                partitions.forEach(partition -> store.state().forget(partition.name()));
            }
        }
    }

    private Backend open(String namespace, Time time) {
        return Backends.at(options.backend()).namespace(namespace).time(time).open();
    }

    /** Each worker has a backend of its own, as a process would: its own lock engine, which knows nothing of the others. */
    private Running start(String name, String namespace, Overseer overseer, Recorder recorder) {
        WorkerTime time = new WorkerTime();
        Backend backend = open(namespace, time);
        Worker worker = new Worker(name, backend, time, partitions, options, overseer, recorder.client(name));
        Thread thread = new Thread(() -> work(worker), "demo-" + name);
        thread.setDaemon(true);
        thread.start();
        return new Running(worker, thread, backend);
    }

    private void work(Worker worker) {
        try {
            worker.run();
        } catch (CancellationException | InterruptedException over) {
            // The demo is over, and this worker with it.
        } catch (RuntimeException | Error failure) {
            failures.add(failure);
        }
    }

    /** Waits for all workers but the killed one. */
    private void await(List<Running> running, Journal journal, Overseer overseer) throws InterruptedException {
        for (Running one : running) {
            while (one.thread().isAlive() && !one.worker().time().isKilled()) {
                look(running, journal, overseer);
                one.thread().join(LOOK_MILLIS);
            }
        }
        look(running, journal, overseer);
    }

    private void look(List<Running> running, Journal journal, Overseer overseer) {
        watcher.look(journal);
        if (!failures.isEmpty()) {
            throw new IllegalStateException("a worker failed", failures.peek());
        }
        if (journal.elapsed() > TimeUnit.SECONDS.toNanos(LONGEST_SECONDS)) {
            throw new IllegalStateException("the workers did not end within " + LONGEST_SECONDS + " s");
        }
        if (running.stream().noneMatch(Demo::isWorking)) {
            overseer.endPause();
        }
    }

    private static boolean isWorking(Running one) {
        return one.thread().isAlive() && !one.worker().time().isStopped();
    }

    private static void end(Running one) {
        one.worker().time().end();
        try {
            one.thread().join();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
        one.backend().close();
    }
}
