package dev.holdfast.cli;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Batch;
import dev.holdfast.state.Entry;
import dev.holdfast.state.KeyedState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The state of one partition, as its worker has it in memory: the offset of the next record and the totals of each airport. In the
 * scope each is an entry of its own. One thread at a time.
 */
final class Ledger {
    static final Key OFFSET = Key.of("offset");
    private static final String AIRPORT = "airport/";

    private final Map<String, Totals> totals = new HashMap<>();
    private final Map<String, Totals> touched = new HashMap<>();
    private int offset;

    /** Reads the whole scope. Not a snapshot: it is for the scope's only writer, or for when nobody writes. */
    static Ledger read(KeyedState scope) {
        Ledger ledger = new Ledger();
        ledger.offset = readOffset(scope);
        scope.scan(Key.of(AIRPORT)).forEach(entry -> ledger.totals.put(airport(entry), Totals.decode(entry.value())));
        return ledger;
    }

    static int readOffset(KeyedState scope) {
        return scope.get(OFFSET).map(Ledger::decodeOffset).orElse(0);
    }

    private static int decodeOffset(byte[] bytes) {
        if (bytes.length != Integer.BYTES) {
            throw new CorruptValueException("an offset has " + Integer.BYTES + " bytes, not " + bytes.length);
        }
        return ByteBuffer.wrap(bytes).getInt();
    }

    private static Key key(String airport) {
        return Key.of(AIRPORT + airport);
    }

    private static String airport(Entry entry) {
        return new String(entry.key().toBytes(), StandardCharsets.UTF_8).substring(AIRPORT.length());
    }

    int offset() {
        return offset;
    }

    Map<String, Totals> totals() {
        return Map.copyOf(totals);
    }

    /** Counts the next record. */
    void fold(Flight flight) {
        touched.put(flight.origin(), totals.merge(flight.origin(), Totals.of(flight), Totals::plus));
        offset++;
    }

    /** The airports that changed since the last write. */
    Set<String> touched() {
        return Set.copyOf(touched.keySet());
    }

    /** Puts what changed since the last write, and the offset, into one batch. */
    Batch writeTo(Batch batch) {
        touched.forEach((airport, changed) -> batch.put(key(airport), changed.encode()));
        touched.clear();
        return batch.put(
                OFFSET, ByteBuffer.allocate(Integer.BYTES).putInt(offset).array());
    }
}
