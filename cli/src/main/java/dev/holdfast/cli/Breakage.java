package dev.holdfast.cli;

import org.jspecify.annotations.Nullable;

/** The breaking of a store in the middle of a run, in a thread of its own, for it takes seconds. Safe for use by many threads. */
final class Breakage {
    private final LocalStore store;
    private @Nullable Thread breaking;
    private volatile boolean over;
    private volatile @Nullable RuntimeException failure;

    Breakage(LocalStore store) {
        this.store = store;
    }

    /** Begins it, if it was not begun before; the journal is told of its steps. */
    synchronized void begin(Journal journal) {
        if (breaking == null) {
            Thread thread = new Thread(() -> run(journal), "demo-breakage");
            thread.setDaemon(true);
            thread.start();
            breaking = thread;
        }
    }

    private void run(Journal journal) {
        try {
            store.harm(words -> journal.tell("%s", words));
            over = true;
        } catch (RuntimeException unexpected) {
            failure = unexpected;
        }
    }

    /** Whether the store may lose what it acknowledged, when it is broken. */
    boolean mayLoseWrites() {
        return !store.keepsAcknowledged();
    }

    /** Whether it was done, and the store serves again. Throws {@link IllegalStateException} if the store does not. */
    boolean isOver() {
        RuntimeException unexpected = failure;
        if (unexpected != null) {
            throw new IllegalStateException("the store could not be broken and mended", unexpected);
        }
        return over;
    }

    /** Waits for the end of what was begun, and stops waiting if interrupted. */
    void await() {
        Thread thread;
        synchronized (this) {
            thread = breaking;
        }
        if (thread != null) {
            try {
                thread.join();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
