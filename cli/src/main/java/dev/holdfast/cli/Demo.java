package dev.holdfast.cli;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs the workers over the flights, with the overseer behind them, and compares the ledger with the truth. */
final class Demo {
    private static final int LOOK_MILLIS = 50;
    private static final long LONGEST_SECONDS = 120;

    private final DemoOptions asked;
    private final @Nullable LocalStore local;
    private final Flights flights;
    private final Watcher watcher;
    private final List<Partition> partitions;
    // A namespace for each run, so that a store that lasts starts empty.
    private final String namespace = "demo-" + UUID.randomUUID();

    /** Looks on while the demo runs. */
    interface Watcher {
        /** The store is open, and the workers are about to start with these options. */
        void begin(Backend store, DemoOptions options);

        /** Called often, and at the end, by the thread that runs the demo. */
        void look(Journal journal);
    }

    /** What is done at the end of a run, however it ends. */
    private interface Cleanup extends AutoCloseable {
        @Override
        void close();
    }

    /** With no {@code local} store the options name the URL of one. */
    Demo(DemoOptions options, Flights flights, Watcher watcher, @Nullable LocalStore local) {
        this.asked = local == null ? options : options.on(local.url());
        this.local = local;
        this.flights = flights;
        this.watcher = watcher;
        this.partitions = flights.partitions(options.partitions());
    }

    /** Whether the workers are processes of their own on this store, or threads of this one. */
    static boolean runsProcesses(Backend store) {
        return store.capabilities().contains(Capability.CROSS_PROCESS);
    }

    /** Throws {@link IllegalStateException} if a worker failed in a way that no worker should, or never ended. */
    Run run() throws InterruptedException {
        List<WorkerHandle> workers = new ArrayList<>();
        // Opened first: the clock of a store in memory is that of whoever opens it, which must be nobody who is paused.
        try (Backend store = open(Time.system());
                Cleanup cleanup = () -> end(workers, store)) {
            requireWell(store);
            DemoOptions options = asked.grantedBy(store.limits());
            watcher.begin(store, options);
            for (int i = 1; i <= options.workers(); i++) {
                workers.add(start("w" + i, options, runsProcesses(store)));
            }
            for (WorkerHandle worker : workers) {
                worker.awaitReady();
            }
            Journal journal = new Journal(Time.system());
            Breakage breakage = local != null && options.killServer() ? new Breakage(local) : null;
            Overseer overseer = new Overseer(journal, partitions, breakage);
            workers.forEach(worker -> worker.begin(overseer::hear));
            await(workers, journal, overseer);
            if (breakage != null) {
                breakage.await();
                watcher.look(journal);
            }
            long nanos = journal.elapsed();
            Audit audit = Audit.of(store.state(), partitions, flights.totals());
            return new Run(
                    nanos,
                    journal,
                    audit,
                    overseer.hasDoneItAll(),
                    journal.history(breakage != null && breakage.mayLoseWrites()));
        }
    }

    private void end(List<WorkerHandle> workers, Backend store) {
        workers.forEach(WorkerHandle::close);
        partitions.forEach(partition -> store.state().forget(partition.name()));
    }

    private Backend open(Time time) {
        return Backends.at(asked.backend()).namespace(namespace).time(time).open();
    }

    /** Throws {@link BackendUnavailableException} if the store does not answer. */
    static void requireWell(Backend store) {
        Health health = store.health();
        if (health.status() == Health.Status.DOWN) {
            throw new BackendUnavailableException(
                    store + " does not answer: " + health.details().getOrDefault("error", "no reason given"));
        }
    }

    private WorkerHandle start(String name, DemoOptions options, boolean process) {
        return process
                ? WorkerProcess.start(name, namespace, options)
                : new WorkerThread(name, this::open, partitions, options);
    }

    /** Waits for all workers but the killed one. */
    private void await(List<WorkerHandle> workers, Journal journal, Overseer overseer) throws InterruptedException {
        for (WorkerHandle worker : workers) {
            while (worker.isAlive()) {
                look(workers, journal, overseer);
                worker.await(LOOK_MILLIS);
            }
        }
        look(workers, journal, overseer);
    }

    private void look(List<WorkerHandle> workers, Journal journal, Overseer overseer) {
        watcher.look(journal);
        workers.forEach(WorkerHandle::requireWell);
        if (journal.elapsed() > TimeUnit.SECONDS.toNanos(LONGEST_SECONDS)) {
            throw new IllegalStateException("the workers did not end within " + LONGEST_SECONDS + " s");
        }
        if (workers.stream().noneMatch(worker -> worker.isAlive() && !worker.isStopped())) {
            overseer.endPause();
        }
    }
}
