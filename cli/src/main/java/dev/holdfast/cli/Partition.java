package dev.holdfast.cli;

import java.util.List;

/**
 * A part of the input with a lock and a scope of the same name. A record's offset is its place in the list.
 *
 * @param number from 0
 * @param records in order
 */
record Partition(int number, List<Flight> records) {
    static final String PREFIX = "flights/";

    Partition {
        records = List.copyOf(records);
    }

    String name() {
        return PREFIX + number;
    }

    /** The offset after the last record. */
    int end() {
        return records.size();
    }
}
