package dev.holdfast.cli;

import dev.holdfast.spi.CorruptValueException;
import java.nio.ByteBuffer;

/**
 * What is counted of one airport.
 *
 * @param flights departures
 * @param delayed those that arrived 15 minutes late or more, as the agency counts
 * @param delay minutes of delay in all; early arrivals count against it
 * @param longest minutes of the longest delay
 * @param miles flown
 */
record Totals(long flights, long delayed, long delay, long longest, long miles) {
    /** How many numbers there are. */
    static final int NUMBERS = 5;

    private static final int LATE_MINUTES = 15;

    static Totals of(Flight flight) {
        int delay = flight.delay();
        return new Totals(1, delay >= LATE_MINUTES ? 1 : 0, delay, delay, flight.distance());
    }

    Totals plus(Totals more) {
        return new Totals(
                flights + more.flights,
                delayed + more.delayed,
                delay + more.delay,
                Math.max(longest, more.longest),
                miles + more.miles);
    }

    byte[] encode() {
        return ByteBuffer.allocate(NUMBERS * Long.BYTES)
                .putLong(flights)
                .putLong(delayed)
                .putLong(delay)
                .putLong(longest)
                .putLong(miles)
                .array();
    }

    static Totals decode(byte[] bytes) {
        if (bytes.length != NUMBERS * Long.BYTES) {
            throw new CorruptValueException("totals have " + NUMBERS * Long.BYTES + " bytes, not " + bytes.length);
        }
        ByteBuffer numbers = ByteBuffer.wrap(bytes);
        return new Totals(
                numbers.getLong(), numbers.getLong(), numbers.getLong(), numbers.getLong(), numbers.getLong());
    }
}
