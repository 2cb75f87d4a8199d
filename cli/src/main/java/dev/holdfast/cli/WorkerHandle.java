package dev.holdfast.cli;

import java.util.function.BiConsumer;

/** A worker in the hands of whoever started it: a thread of this JVM, or a JVM of its own. Safe for use by many threads. */
interface WorkerHandle extends AutoCloseable {

    /** Its name, as in {@code w1}. */
    String name();

    /** Waits until it has opened the store. Throws {@link IllegalStateException} if it never will. */
    void awaitReady() throws InterruptedException;

    /** Lets it work; it tells the listener what it does, and goes on when the listener returns. */
    void begin(BiConsumer<WorkerHandle, Tiding> listener);

    /** Ends it where it stands; returns what was done, to be told after its name. */
    String kill();

    /** Stops it where it stands; returns what was done, to be told after its name. */
    String pause();

    /** Ends the pause. */
    void goOn();

    /** Whether it may still tell something; false of a killed one. */
    boolean isAlive();

    /** Whether it is paused or killed. */
    boolean isStopped();

    /** Waits for a moment, or until it is no longer alive. */
    void await(long millis) throws InterruptedException;

    /** Throws {@link IllegalStateException} if it ended in a way that no worker should. */
    void requireWell();

    /** Ends it, whatever it does, and waits until it has ended. */
    @Override
    void close();
}
