package dev.holdfast.tck;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/** Faults that are remembered, to be drawn beside what the clients did. Safe for use by many threads. */
final class RecordedFaults implements Faults {

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
    private final List<Fault> inflicted = new ArrayList<>();

    RecordedFaults(Faults faults, LongSupplier clock) {
        this.faults = faults;
        this.clock = clock;
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

    private void once(Kind kind, Deed deed) throws Exception {
        int index = begin(kind);
        deed.run();
        end(index);
    }

    private void untilHealed(Kind kind, Deed deed) throws Exception {
        begin(kind);
        deed.run();
    }

    @Override
    public Set<Kind> kinds() {
        return faults.kinds();
    }

    @Override
    public void heal() throws Exception {
        faults.heal();
        synchronized (this) {
            for (int i = 0; i < inflicted.size(); i++) {
                end(i);
            }
        }
    }

    @Override
    public void restart() throws Exception {
        once(Kind.RESTART, faults::restart);
    }

    @Override
    public void kill() throws Exception {
        untilHealed(Kind.KILL, faults::kill);
    }

    @Override
    public void pause() throws Exception {
        untilHealed(Kind.PAUSE, faults::pause);
    }

    @Override
    public int cut() throws Exception {
        int index = begin(Kind.CUT);
        int connections = faults.cut();
        end(index);
        return connections;
    }

    @Override
    public void loseRepliesAfter(int bytes) throws Exception {
        untilHealed(Kind.LOSE_REPLIES, () -> faults.loseRepliesAfter(bytes));
    }

    @Override
    public int lostReplies() {
        return faults.lostReplies();
    }

    @Override
    public void blackHole() throws Exception {
        untilHealed(Kind.BLACK_HOLE, faults::blackHole);
    }

    @Override
    public void slow(Duration delay) throws Exception {
        untilHealed(Kind.SLOW, () -> faults.slow(delay));
    }

    @Override
    public void stallReplication() throws Exception {
        untilHealed(Kind.STALL_REPLICATION, faults::stallReplication);
    }

    @Override
    public void failover() throws Exception {
        once(Kind.FAILOVER, faults::failover);
    }

    @Override
    public void partition() throws Exception {
        untilHealed(Kind.PARTITION, faults::partition);
    }
}
