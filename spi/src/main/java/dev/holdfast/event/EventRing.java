package dev.holdfast.event;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The last events of a namespace, as one stored value. Events are numbered from 1; a ring that is made anew has another id, and an
 * event another id each, so a reader notices when the store forgot or went back. Immutable.
 *
 * <p>Bytes: format (1 byte), ring id (8), number of the last event (8), count (4), then for each event: id (8), channel (4 and UTF-8),
 * payload (4 and bytes); big-endian.
 */
final class EventRing {
    static final int HEADER_BYTES = 21;
    static final int EVENT_BYTES = 16;

    private static final byte FORMAT = 1;
    private static final int MAX_EVENTS = 256;

    private final long id;
    private final long last;
    private final List<Event> events;

    private EventRing(long id, long last, List<Event> events) {
        this.id = id;
        this.last = last;
        this.events = events;
    }

    /** A new ring without events. */
    static EventRing empty() {
        return new EventRing(Version.fresh().bits(), 0, List.of());
    }

    long id() {
        return id;
    }

    /** The number of the newest event; 0 if there never was one. */
    long last() {
        return last;
    }

    /** The number of the oldest event still here. */
    long first() {
        return last - events.size() + 1;
    }

    /** The event of a number from {@link #first} to {@link #last}. */
    Event event(long number) {
        return events.get((int) (number - first()));
    }

    boolean contains(long eventId) {
        return events.stream().anyMatch(event -> event.id == eventId);
    }

    /** The ring with one more event, and without the oldest ones that no longer fit. */
    EventRing with(Event event, int maxBytes) {
        int bytes = HEADER_BYTES + event.bytes();
        int from = events.size();
        while (from > 0
                && events.size() - from + 2 <= MAX_EVENTS
                && bytes + events.get(from - 1).bytes() <= maxBytes) {
            from--;
            bytes += events.get(from).bytes();
        }
        List<Event> kept = new ArrayList<>(events.subList(from, events.size()));
        kept.add(event);
        return new EventRing(id, last + 1, kept);
    }

    byte[] toBytes() {
        int bytes = HEADER_BYTES + events.stream().mapToInt(Event::bytes).sum();
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        buffer.put(FORMAT).putLong(id).putLong(last).putInt(events.size());
        for (Event event : events) {
            buffer.putLong(event.id);
            buffer.putInt(event.channel.length).put(event.channel);
            buffer.putInt(event.payload.length).put(event.payload);
        }
        return buffer.array();
    }

    /** Reads what {@link #toBytes} made. Throws {@link CorruptValueException} for anything else. */
    static EventRing ofBytes(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            byte format = buffer.get();
            if (format != FORMAT) {
                throw new CorruptValueException(
                        "unknown format " + format + " of the ring of events; this version reads " + FORMAT);
            }
            long id = buffer.getLong();
            long last = buffer.getLong();
            int count = buffer.getInt();
            if (count < 0 || count > MAX_EVENTS || count > last) {
                throw new CorruptValueException("the ring of events claims " + count + " events of " + last);
            }
            List<Event> events = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                events.add(new Event(buffer.getLong(), array(buffer), array(buffer)));
            }
            if (buffer.hasRemaining()) {
                throw new CorruptValueException(
                        "the ring of events has " + buffer.remaining() + " bytes too many behind its last event");
            }
            return new EventRing(id, last, events);
        } catch (BufferUnderflowException cut) {
            throw new CorruptValueException("the ring of events is cut off after " + bytes.length + " bytes", cut);
        }
    }

    private static byte[] array(ByteBuffer buffer) {
        int length = buffer.getInt();
        if (length < 0 || length > buffer.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    /** One event; its arrays are shared. */
    static final class Event {
        private final long id;
        private final byte[] channel;
        private final byte[] payload;

        private Event(long id, byte[] channel, byte[] payload) {
            this.id = id;
            this.channel = channel;
            this.payload = payload;
        }

        static Event of(String channel, byte[] payload) {
            return new Event(Version.fresh().bits(), Key.utf8("channel name", channel), payload);
        }

        long id() {
            return id;
        }

        String channel() {
            return new String(channel, StandardCharsets.UTF_8);
        }

        /** A copy. */
        byte[] payload() {
            return payload.clone();
        }

        int bytes() {
            return EVENT_BYTES + channel.length + payload.length;
        }
    }
}
