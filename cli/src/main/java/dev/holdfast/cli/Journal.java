package dev.holdfast.cli;

import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What happened in a run, and its numbers. Safe for use by many threads. */
final class Journal {

    /**
     * A line worth telling while things happen.
     *
     * @param nanos since the start of the run
     */
    record News(long nanos, String text) {}

    private final Time time;
    private final long start;
    private final List<News> news = new ArrayList<>();
    private final List<ClaimStory> claims = new ArrayList<>();
    private final Map<Claim, ClaimStory> stories = new HashMap<>();
    private long[] commitNanos = new long[1_024];
    private int commits;
    private long committed;
    private long folded;
    private int refused;
    private int lateAccepted;
    private int takeovers;
    private int unknown;

    /** The run starts now. */
    Journal(Time time) {
        this.time = time;
        start = time.nanos();
    }

    /** Nanoseconds since the start of the run. */
    long elapsed() {
        return time.nanos() - start;
    }

    // --- What workers do

    synchronized void tell(String format, Object... arguments) {
        news.add(new News(elapsed(), String.format(Locale.ROOT, format, arguments)));
    }

    /** Notes a claim; returns the one it takes over, if that was never given up. */
    synchronized @Nullable ClaimStory claimed(String worker, Claim claim, int offset) {
        int partition = claim.partition().number();
        ClaimStory last = last(partition);
        ClaimStory story = new ClaimStory(
                elapsed(), worker, partition, offset, claim.guard().fence().value());
        claims.add(story);
        stories.put(claim, story);
        if (last == null || !last.isTakenOver()) {
            return null;
        }
        takeovers++;
        return last;
    }

    private @Nullable ClaimStory last(int partition) {
        for (int i = claims.size() - 1; i >= 0; i--) {
            if (claims.get(i).partition == partition) {
                return claims.get(i);
            }
        }
        return null;
    }

    synchronized void folded(int records) {
        folded += records;
    }

    synchronized void committed(Claim claim, int from, int to, long nanos) {
        story(claim).to = to;
        committed += to - from;
        if (commits == commitNanos.length) {
            commitNanos = Arrays.copyOf(commitNanos, 2 * commits);
        }
        commitNanos[commits++] = nanos;
    }

    synchronized void refused(Claim claim) {
        refused++;
        ended(claim, ClaimStory.End.REFUSED);
    }

    synchronized void acceptedLate(Claim claim) {
        lateAccepted++;
        ended(claim, ClaimStory.End.ACCEPTED);
    }

    /** Notes that the store failed a worker, who has a claim on the partition or was about to. */
    synchronized void failed(String worker, int partition, boolean outcomeUnknown) {
        unknown += outcomeUnknown ? 1 : 0;
        ClaimStory last = last(partition);
        if (last != null && last.worker.equals(worker) && last.end == ClaimStory.End.OPEN) {
            last.end = ClaimStory.End.FAILED;
        }
    }

    synchronized void ended(Claim claim, ClaimStory.End end) {
        story(claim).end = end;
    }

    synchronized int offset(Claim claim) {
        return story(claim).to;
    }

    private ClaimStory story(Claim claim) {
        return Objects.requireNonNull(stories.get(claim));
    }

    // --- What it was

    /** The lines told since the first {@code known} ones. */
    synchronized List<News> newsAfter(int known) {
        return List.copyOf(news.subList(known, news.size()));
    }

    /** All claims of a partition, in order. For when the run is over. */
    synchronized List<ClaimStory> claims(int partition) {
        return claims.stream().filter(claim -> claim.partition == partition).toList();
    }

    synchronized int claims() {
        return claims.size();
    }

    /** Records whose effect was committed; those of a partition set back are counted again. */
    synchronized long committed() {
        return committed;
    }

    /** Records folded in vain: what the dead and the paused had in hand. */
    synchronized long foldedInVain() {
        return folded - committed;
    }

    synchronized int commits() {
        return commits;
    }

    /** The time within which this part of the commits was answered. */
    synchronized long commitNanos(double part) {
        long[] sorted = Arrays.copyOf(commitNanos, commits);
        Arrays.sort(sorted);
        return commits == 0 ? 0 : sorted[(int) Math.min(commits - 1, Math.floor(part * commits))];
    }

    synchronized int refused() {
        return refused;
    }

    /** Writes that the store accepted from a worker that had lost its lock. */
    synchronized int lateAccepted() {
        return lateAccepted;
    }

    synchronized int takeovers() {
        return takeovers;
    }

    synchronized int unknown() {
        return unknown;
    }
}
