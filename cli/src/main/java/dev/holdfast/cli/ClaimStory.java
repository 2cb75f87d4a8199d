package dev.holdfast.cli;

/** What became of one claim, to be told afterwards. Guarded by its {@link Journal}. */
final class ClaimStory {

    /** How a claim ended, so far. */
    enum End {
        OPEN("working"),
        KILLED("killed"),
        PAUSED("paused"),
        LOST("lost its lease"),
        FAILED("store failed"),
        FINISHED("finished"),
        REFUSED("refused"),
        ACCEPTED("wrote over its successor");

        final String words;

        End(String words) {
            this.words = words;
        }
    }

    final long nanos;
    final String worker;
    final int partition;
    final int from;
    final long fence;
    int to;
    End end = End.OPEN;

    ClaimStory(long nanos, String worker, int partition, int from, long fence) {
        this.nanos = nanos;
        this.worker = worker;
        this.partition = partition;
        this.from = from;
        this.to = from;
        this.fence = fence;
    }

    /** Whether the next claim of the partition takes over what this one never gave up. */
    boolean isTakenOver() {
        return end == End.OPEN || end == End.KILLED || end == End.PAUSED || end == End.LOST;
    }
}
