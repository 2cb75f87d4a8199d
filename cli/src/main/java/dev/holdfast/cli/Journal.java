package dev.holdfast.cli;

import dev.holdfast.history.Call;
import dev.holdfast.history.Checks;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.Outcome;
import dev.holdfast.history.Recorder;
import dev.holdfast.history.Verdict;
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
    private final Map<String, ClaimStory> current = new HashMap<>();
    private final Recorder recorder = new Recorder();
    private final Map<String, ClientRecorder> clients = new HashMap<>();
    private final Map<String, Call> begun = new HashMap<>();
    private long[] commitNanos = new long[1_024];
    private int commits;
    private long committed;
    private long folded;
    private int refused;
    private int lateAccepted;
    private int takeovers;
    private int failures;
    private int unknown;
    private long setBack;

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
    synchronized @Nullable ClaimStory claimed(String worker, Tiding claim) {
        ClaimStory last = last(claim.partition());
        ClaimStory story = new ClaimStory(elapsed(), worker, claim.partition(), claim.from(), claim.fence());
        claims.add(story);
        current.put(worker, story);
        if (last != null) {
            setBack += Math.max(0, last.to - claim.from());
        }
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

    /** The claim that the worker is at, or was at last. */
    synchronized ClaimStory current(String worker) {
        return Objects.requireNonNull(current.get(worker), worker);
    }

    synchronized void folded(int records) {
        folded += records;
    }

    synchronized void committed(String worker, Tiding commit) {
        current(worker).to = commit.to();
        committed += commit.to() - commit.from();
        if (commits == commitNanos.length) {
            commitNanos = Arrays.copyOf(commitNanos, 2 * commits);
        }
        commitNanos[commits++] = commit.nanos();
    }

    synchronized void refused(String worker) {
        refused++;
        current(worker).end = ClaimStory.End.REFUSED;
    }

    synchronized void acceptedLate(String worker) {
        lateAccepted++;
        current(worker).end = ClaimStory.End.ACCEPTED;
    }

    /** Notes that the store failed a worker, which has a claim on the partition or was about to. */
    synchronized void failed(String worker, int partition, boolean outcomeUnknown) {
        failures++;
        unknown += outcomeUnknown ? 1 : 0;
        ClaimStory last = last(partition);
        if (last != null && last.worker.equals(worker) && last.end == ClaimStory.End.OPEN) {
            last.end = ClaimStory.End.FAILED;
        }
    }

    // --- What the checker sees

    /** The worker is about to show this fence to the scope. */
    synchronized void begun(String worker, String scope, long fence) {
        ClientRecorder client = clients.computeIfAbsent(worker, recorder::client);
        begun.put(worker, client.fencedWrite(scope, fence));
    }

    /** What came of it, if anything was begun. */
    synchronized void answered(String worker, Outcome outcome) {
        Call call = begun.remove(worker);
        if (call != null) {
            call.tell(outcome);
        }
    }

    /** What the checker of fenced writes says. A store that may have lost a mark must refuse its holder too. */
    Verdict history(boolean marksMayBeLost) {
        return Checks.fencedWrites(recorder.history().stream()
                .filter(event -> !marksMayBeLost || event.outcome() != Outcome.REFUSED)
                .toList());
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

    /** Records folded in vain: what a worker had in hand when it was stopped, or when the store failed. */
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

    /** Calls that the store failed. */
    synchronized int failures() {
        return failures;
    }

    /** Those of them of which nobody knows what they did. */
    synchronized int unknown() {
        return unknown;
    }

    /** Records that a next claim did not find in the ledger, though their commit had been acknowledged. */
    synchronized long setBack() {
        return setBack;
    }
}
