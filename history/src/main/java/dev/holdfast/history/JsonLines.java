package dev.holdfast.history;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** Histories as text, one JSON object per line, so that a history can be kept and judged again. */
public final class JsonLines {

    private JsonLines() {}

    /** Writes each event as one line of ASCII. */
    public static void write(Collection<? extends Event> history, Appendable out) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Reads what {@link #write} wrote, to the end. Throws {@code IllegalArgumentException} that names the bad line. */
    public static List<Event> read(BufferedReader in) throws IOException {
        throw new UnsupportedOperationException();
    }
}
