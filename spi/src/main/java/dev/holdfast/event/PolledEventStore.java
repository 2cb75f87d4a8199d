package dev.holdfast.event;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Events over a store that has none: a ring of the last ones, kept as one record per namespace and replaced by conditional writes.
 *
 * <p>A publication whose reply was lost is settled by reading. Every event has an id of its own; and each write demands the version it
 * was made from, which never comes back, so of several attempts at most one can ever be applied. While the ring still reaches back to
 * where the event would stand, it shows whether it is there. If the ring has moved on, the outcome stays unknown.
 */
final class PolledEventStore implements EventStore {
    private static final int MAX_RING_BYTES = 64 << 10;
    private static final int MAX_ATTEMPTS = 256;
    private static final int MAX_LOST_REPLIES = 3;
    private static final Key RING = Key.of("ring");

    private final StateStore state;
    private final Time time;
    private final int maxRingBytes;
    private final Map<String, RingPoller> pollers = new ConcurrentHashMap<>();
    private volatile boolean closed;

    PolledEventStore(StateStore state, Time time) {
        this.state = state;
        this.time = time;
        maxRingBytes = Math.min(MAX_RING_BYTES, state.limits().maxValueBytes());
    }

    @Override
    public boolean pushes() {
        return false;
    }

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        EventRing.Event event = EventRing.Event.of(channel, payload);
        int room = maxRingBytes - EventRing.HEADER_BYTES;
        if (event.bytes() > room) {
            return Call.failed(new BackendRejectedException("channel and payload have "
                    + (event.bytes() - EventRing.EVENT_BYTES)
                    + " bytes; this backend keeps events in its state and takes at most "
                    + (room - EventRing.EVENT_BYTES)));
        }
        if (closed) {
            return Call.failed(new BackendClosedException());
        }
        return new Publication(namespace, event).call().map(done -> {
            RingPoller poller = pollers.get(namespace);
            if (poller != null) {
                poller.hurry();
            }
            return null;
        });
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return state.read(space(namespace), RING).map(begin -> {
            RingReader reader = new RingReader(topic, sink, ring(begin));
            RingPoller poller = pollers.computeIfAbsent(
                    namespace,
                    name -> new RingPoller(() -> state.read(space(name), RING).map(PolledEventStore::ring), time));
            poller.add(reader);
            if (closed) {
                poller.close();
                throw new BackendClosedException();
            }
            return () -> poller.remove(reader);
        });
    }

    private static Space space(String namespace) {
        return Space.internal(namespace, "events");
    }

    private static @Nullable EventRing ring(@Nullable Stored stored) {
        return stored == null ? null : EventRing.ofBytes(stored.bytes());
    }

    @Override
    public void close() {
        closed = true;
        pollers.values().forEach(RingPoller::close);
    }

    @Override
    public String toString() {
        return "polled events of " + state;
    }

    /** One event on its way into the ring. */
    private final class Publication {
        private final Space space;
        private final EventRing.Event event;
        private int lostReplies;
        // The earliest attempt whose outcome is not known: its error, its ring, and the event's number in it.
        private @Nullable OutcomeUnknownException doubt;
        private long doubtRing;
        private long doubtNumber;

        Publication(String namespace, EventRing.Event event) {
            space = space(namespace);
            this.event = event;
        }

        Call<Boolean> call() {
            return Call.attempts(
                            MAX_ATTEMPTS,
                            this::attempt,
                            () -> new BackendUnavailableException("others were faster " + MAX_ATTEMPTS
                                    + " times in a row; the event was not published"))
                    .rescue(this::failed);
        }

        /** Answers true if the event is published, null if somebody else was faster. */
        private Call<@Nullable Boolean> attempt() {
            return state.read(space, RING)
                    // Nothing was written by a read, whatever became of it.
                    .rescue(error -> Call.failed(
                            error instanceof OutcomeUnknownException
                                    ? new BackendUnavailableException("the ring of events could not be read", error)
                                    : error))
                    .then(this::append);
        }

        private Call<@Nullable Boolean> append(@Nullable Stored stored) {
            EventRing read = ring(stored);
            if (doubt != null) {
                if (read != null && read.contains(event.id())) {
                    return Call.done(true);
                }
                boolean stillSeen =
                        read == null ? doubtNumber == 1 : read.id() == doubtRing && read.first() <= doubtNumber;
                if (!stillSeen) {
                    return Call.failed(doubt);
                }
            }
            EventRing ring = (read == null ? EventRing.empty() : read).with(event, maxRingBytes);
            Condition unchanged = stored == null ? Condition.ABSENT : Condition.version(stored.version());
            Mutation put = Mutation.put(RING, unchanged, Stored.plain(ring.toBytes(), Version.fresh()), 0);
            return state.write(space, put).rescue(error -> doubt(error, ring)).map(applied -> applied ? true : null);
        }

        /** Answers "not applied" to a lost reply, so that the next attempt looks for the event first. */
        private Call<Boolean> doubt(BackendException error, EventRing ring) {
            if (!(error instanceof OutcomeUnknownException lost)) {
                return Call.failed(error);
            }
            if (doubt == null) {
                doubt = lost;
                doubtRing = ring.id();
                doubtNumber = ring.last();
            }
            return ++lostReplies > MAX_LOST_REPLIES ? Call.failed(lost) : Call.done(false);
        }

        /** Once an attempt is in doubt, no later error is the whole truth. */
        private Call<Boolean> failed(BackendException error) {
            return Call.failed(doubt == null ? error : doubt);
        }
    }
}
