package dev.holdfast.tck;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;

/**
 * Faults that are remembered, to be drawn beside what the clients did, and that count only if they are seen: whoever inflicts one that
 * throws, or that no client could feel, is told {@link Inconclusive}. Safe for use by many threads.
 *
 * <p>Connections cut and replies lost are counted by the {@link Faults} itself; {@link #inflict} looks at the counts, a rule that calls
 * {@link #cut} or {@link #loseRepliesAfter} does so itself. That replication stands still no client can feel.
 */
final class RecordedFaults implements Faults {
    /** Of a reply, which is longer in every protocol. */
    private static final int FEW_BYTES = 4;

    private static final Duration DELAY = Duration.ofMillis(20);

    /**
     * One fault.
     *
     * @param begin before it was inflicted, in nanoseconds
     * @param end when it was there, or for one that lasts when it was healed; {@code Long.MAX_VALUE} if it never was
     */
    record Fault(Kind kind, long begin, long end) {}

    private interface Deed {
        void run() throws Exception;
    }

    private final Faults faults;
    private final LongSupplier clock;
    private final Probe probe;
    private final List<Fault> inflicted = new ArrayList<>();

    RecordedFaults(Faults faults, LongSupplier clock, Probe probe) {
        this.faults = faults;
        this.clock = clock;
        this.probe = probe;
    }

    synchronized List<Fault> inflicted() {
        return List.copyOf(inflicted);
    }

    private synchronized int begin(Kind kind) {
        inflicted.add(new Fault(kind, clock.getAsLong(), Long.MAX_VALUE));
        return inflicted.size() - 1;
    }

    private synchronized void end(int index) {
        Fault fault = inflicted.get(index);
        if (fault.end == Long.MAX_VALUE) {
            inflicted.set(index, new Fault(fault.kind, fault.begin, clock.getAsLong()));
        }
    }

    private void once(Kind kind, Deed deed) throws InterruptedException {
        int index = begin(kind);
        untilFelt(kind, deed);
        end(index);
    }

    private void untilHealed(Kind kind, Deed deed) throws InterruptedException {
        begin(kind);
        untilFelt(kind, deed);
    }

    private void untilFelt(Kind kind, Deed deed) throws InterruptedException {
        try (Probe.Watch watch = probe.watch()) {
            Optional<String> before = broughtAbout(kind, faults::primary);
            watch.begins();
            bringAbout(kind, deed);
            watch.done();
            // That another server serves them clients need not notice, if whoever replaced it can tell.
            boolean replaced =
                    before.isPresent() && isReplacing(kind) && !before.equals(broughtAbout(kind, faults::primary));
            require(kind, replaced || watch.feelsOutage());
        }
    }

    private static boolean isReplacing(Kind kind) {
        return kind == Kind.FAILOVER || kind == Kind.PARTITION;
    }

    private static void require(Kind kind, boolean seen) {
        if (!seen) {
            throw new Inconclusive("the fault " + kind + " was said to be there, and no client felt it");
        }
    }

    private static void bringAbout(Kind kind, Deed deed) throws InterruptedException {
        broughtAbout(kind, () -> {
            deed.run();
            return kind;
        });
    }

    private static <T> T broughtAbout(Kind kind, Callable<T> deed) throws InterruptedException {
        return attempt("the fault " + kind + " could not be brought about", deed);
    }

    /** What whoever inflicts faults cannot do is nothing that the store under test did wrong. */
    private static <T> T attempt(String failure, Callable<T> deed) throws InterruptedException {
        try {
            return deed.call();
        } catch (InterruptedException interrupt) {
            throw interrupt;
        } catch (Exception | AssertionError trouble) {
            Inconclusive inconclusive = new Inconclusive(failure + ": " + trouble);
            inconclusive.addSuppressed(trouble);
            throw inconclusive;
        }
    }

    /** Brings about one fault of this kind, and sees that it is there. Clients must be at work. */
    void inflict(Kind kind) throws InterruptedException {
        switch (kind) {
            case RESTART -> restart();
            case KILL -> kill();
            case PAUSE -> pause();
            case CUT -> require(kind, cut() > 0);
            case LOSE_REPLIES -> loseAReply();
            case BLACK_HOLE -> blackHole();
            case SLOW -> slow(DELAY);
            case STALL_REPLICATION -> stallReplication();
            case FAILOVER -> failover();
            case PARTITION -> partition();
        }
    }

    private void loseAReply() throws InterruptedException {
        int before = lostReplies();
        try (Probe.Watch watch = probe.watch()) {
            loseRepliesAfter(FEW_BYTES);
            require(Kind.LOSE_REPLIES, watch.sees(() -> lostReplies() > before));
        }
    }

    @Override
    public Set<Kind> kinds() {
        return faults.kinds();
    }

    @Override
    public void heal() throws InterruptedException {
        attempt("the store could not be healed", () -> {
            faults.heal();
            return faults;
        });
        synchronized (this) {
            for (int i = 0; i < inflicted.size(); i++) {
                end(i);
            }
        }
    }

    @Override
    public Optional<String> primary() throws Exception {
        return faults.primary();
    }

    @Override
    public void restart() throws InterruptedException {
        once(Kind.RESTART, faults::restart);
    }

    @Override
    public void kill() throws InterruptedException {
        untilHealed(Kind.KILL, faults::kill);
    }

    @Override
    public void pause() throws InterruptedException {
        untilHealed(Kind.PAUSE, faults::pause);
    }

    @Override
    public int cut() throws InterruptedException {
        int index = begin(Kind.CUT);
        int connections = broughtAbout(Kind.CUT, faults::cut);
        end(index);
        return connections;
    }

    @Override
    public void loseRepliesAfter(int bytes) throws InterruptedException {
        begin(Kind.LOSE_REPLIES);
        bringAbout(Kind.LOSE_REPLIES, () -> faults.loseRepliesAfter(bytes));
    }

    @Override
    public int lostReplies() {
        return faults.lostReplies();
    }

    @Override
    public void blackHole() throws InterruptedException {
        untilHealed(Kind.BLACK_HOLE, faults::blackHole);
    }

    @Override
    public void slow(Duration delay) throws InterruptedException {
        begin(Kind.SLOW);
        try (Probe.Watch watch = probe.watch()) {
            bringAbout(Kind.SLOW, () -> faults.slow(delay));
            require(Kind.SLOW, watch.feelsDelay(delay));
        }
    }

    @Override
    public void stallReplication() throws InterruptedException {
        begin(Kind.STALL_REPLICATION);
        bringAbout(Kind.STALL_REPLICATION, faults::stallReplication);
    }

    @Override
    public void failover() throws InterruptedException {
        once(Kind.FAILOVER, faults::failover);
    }

    @Override
    public void partition() throws InterruptedException {
        untilHealed(Kind.PARTITION, faults::partition);
    }
}
