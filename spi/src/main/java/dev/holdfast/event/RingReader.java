package dev.holdfast.event;

import dev.holdfast.event.EventStore.Sink;
import org.jspecify.annotations.Nullable;

/** How far one subscription has read in the ring. One thread at a time, but for {@link #close}. */
final class RingReader {
    private final Topic topic;
    private final Sink sink;
    private volatile boolean closed;

    private boolean present;
    private long ring;
    private long last;
    private long lastId;

    /** Begins behind the newest event of the ring as it is, or of no ring. */
    RingReader(Topic topic, Sink sink, @Nullable EventRing begin) {
        this.topic = topic;
        this.sink = sink;
        moveTo(begin);
    }

    private void moveTo(@Nullable EventRing read) {
        present = read != null;
        ring = read == null ? 0 : read.id();
        last = read == null ? 0 : read.last();
        lastId = read == null || read.last() < read.first()
                ? 0
                : read.event(read.last()).id();
    }

    /** Delivers what is new and tells of gaps; answers whether anything had changed. */
    boolean read(@Nullable EventRing now) {
        if (now == null) {
            boolean vanished = present;
            if (vanished) {
                missed();
            }
            moveTo(null);
            return vanished;
        }
        if (!present || now.id() != ring) {
            // A ring made since: all that is in it is new. What a ring before it held last, nobody knows.
            deliver(now, now.first(), present || now.first() > 1);
        } else if (wentBack(now)) {
            // What it holds may be old or new; told as a gap it is neither repeated nor silently lost.
            deliver(now, now.last() + 1, true);
        } else if (now.last() == last) {
            return false;
        } else {
            deliver(now, Math.max(now.first(), last + 1), now.first() > last + 1);
        }
        moveTo(now);
        return true;
    }

    private boolean wentBack(EventRing now) {
        return now.last() < last || (now.first() <= last && now.event(last).id() != lastId);
    }

    private void deliver(EventRing now, long from, boolean gap) {
        if (gap) {
            missed();
        }
        for (long number = from; number <= now.last(); number++) {
            EventRing.Event event = now.event(number);
            String channel = event.channel();
            if (!closed && topic.matches(channel)) {
                sink.event(channel, event.payload());
            }
        }
    }

    private void missed() {
        if (!closed) {
            sink.missed();
        }
    }

    void close() {
        closed = true;
    }
}
