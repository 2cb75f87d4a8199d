package dev.holdfast.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

/**
 * Records the events of several clients and merges them into one history. Safe for use by many threads.
 *
 * <p>An event is in the history from its call on: one that never completes, because its thread died or the recording
 * ended first, is there with {@link Outcome#UNKNOWN}.
 */
public final class Recorder {

    private final LongSupplier clock;
    private final ConcurrentLinkedQueue<ClientRecorder> clients = new ConcurrentLinkedQueue<>();

    /** Records with {@code System.nanoTime()}. */
    public Recorder() {
        this(System::nanoTime);
    }

    /** Records with the given clock, which tells nanoseconds, never goes back, and may be called by many threads. */
    public Recorder(LongSupplier clock) {
        this.clock = clock;
    }

    /** Returns a new recorder for one client. Clients share nothing while they record. */
    public ClientRecorder client(String name) {
        ClientRecorder client = new ClientRecorder(name, clock);
        clients.add(client);
        return client;
    }

    /** Returns all events so far, in the order of their calls. */
    public List<Event> history() {
        List<Event> events = new ArrayList<>();
        clients.forEach(client -> client.copyTo(events));
        events.sort(Comparator.comparingLong(Event::call));
        return List.copyOf(events);
    }
}
