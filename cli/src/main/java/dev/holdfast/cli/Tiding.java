package dev.holdfast.cli;

/**
 * What a worker tells of itself.
 *
 * @param partition number of the partition it speaks of
 * @param fence of its lock on the partition; 0 if it has none
 * @param from the first record that it speaks of
 * @param to the record after the last one
 * @param nanos how long it took
 * @param text the rest, in words
 */
record Tiding(Kind kind, int partition, long fence, int from, int to, long nanos, String text) {
    private static final int FIELDS = 7;
    private static final String SEPARATOR = "\t";

    /** What there is to tell. */
    enum Kind {
        /** Is about to show its fence to the scope. */
        OPENING,
        /** The scope knows its fence. */
        OPENED,
        /** Has the lock and has read the ledger, which stands at {@code from}. */
        CLAIMED,
        /** Has counted a chunk, and not yet written it: here trouble hurts most. */
        FOLDED,
        /** Is about to write the chunk. */
        WRITING,
        COMMITTED,
        /** The scope did not take the chunk; the text is the status. */
        REFUSED,
        /** Saw, before it wrote, that the lock is lost. */
        LOST,
        /** The partition is at its end. */
        FINISHED,
        /** The store failed, in the words of the text, and did not do what was asked. */
        FAILED,
        /** The store failed, and nobody knows what it did. */
        UNKNOWN
    }

    /** In one line, without its end. */
    String toLine() {
        return String.join(
                SEPARATOR,
                kind.name(),
                Integer.toString(partition),
                Long.toString(fence),
                Integer.toString(from),
                Integer.toString(to),
                Long.toString(nanos),
                text.replaceAll("\\p{Cntrl}+", " "));
    }

    /** Throws {@link IllegalArgumentException} for what is not the line of a tiding. */
    static Tiding parse(String line) {
        String[] fields = line.split(SEPARATOR, FIELDS);
        if (fields.length != FIELDS) {
            throw new IllegalArgumentException("not what a worker tells: \"" + line + "\"");
        }
        return new Tiding(
                Kind.valueOf(fields[0]),
                Integer.parseInt(fields[1]),
                Long.parseLong(fields[2]),
                Integer.parseInt(fields[3]),
                Integer.parseInt(fields[4]),
                Long.parseLong(fields[5]),
                fields[6]);
    }
}
