package dev.holdfast.history;

import dev.holdfast.history.Registers.Answer;
import dev.holdfast.history.Registers.Answer.Broken;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Checks puts and gets of unique values in O(n log n), exactly, after P. Gibbons and E. Korach, "Testing Shared Memories",
 * SIAM Journal on Computing 26(4), 1997.
 *
 * <p>The write and the reads of one value form its zone, from their first return to their last call. If the return comes
 * first (a forward zone), the register must hold the value all that time, so no other forward zone may overlap it and no
 * zone of the other kind (a backward one, which needs a single moment between its ends) may lie inside it. Together with
 * "no read returns before its write was called" that is also sufficient.
 *
 * <p>The initial absence is a value written at the beginning of time. A write of unknown outcome returns never, so that
 * nothing is asked of it until its value is seen.
 */
final class Zones {

    private Zones() {}

    private static final class Zone {
        final @Nullable Operation write;
        /** Of the first to return and the last to be called. */
        @Nullable
        Operation first;

        @Nullable
        Operation last;

        long firstReturn;
        long lastCall;

        Zone(@Nullable Operation write) {
            this.write = write;
            this.first = write;
            this.last = write;
            this.firstReturn = write == null ? Long.MIN_VALUE : write.deadline();
            this.lastCall = write == null ? Long.MIN_VALUE : write.call();
        }

        void read(Operation get) {
            if (get.ret() < firstReturn) {
                first = get;
                firstReturn = get.ret();
            }
            if (get.call() > lastCall) {
                last = get;
                lastCall = get.call();
            }
        }

        boolean isForward() {
            return firstReturn < lastCall;
        }

        String value() {
            return write == null ? "absence" : String.valueOf(write.value());
        }
    }

    static Answer check(List<Operation> operations) {
        Map<@Nullable String, Zone> zones = new HashMap<>();
        zones.put(null, new Zone(null));
        for (Operation operation : operations) {
            if (operation.mayHaveWritten()) {
                zones.put(operation.value(), new Zone(operation));
            }
        }
        for (Operation get : operations) {
            if (get.kind() != Operation.Kind.GET || get.outcome() != Outcome.OK) {
                continue;
            }
            Zone zone = zones.get(get.value());
            if (zone == null) {
                return Unwritten.seen(get, operations);
            }
            if (zone.write != null && get.ret() < zone.write.call()) {
                return new Broken(get.value() + " was read before its write was called", List.of(get, zone.write));
            }
            zone.read(get);
        }
        return checkOverlaps(List.copyOf(zones.values()));
    }

    private static Answer checkOverlaps(List<Zone> zones) {
        List<Zone> forward =
                new ArrayList<>(zones.stream().filter(Zone::isForward).toList());
        forward.sort(Comparator.comparingLong(zone -> zone.firstReturn));
        TreeMap<Long, Zone> byStart = new TreeMap<>();
        Zone before = null;
        for (Zone zone : forward) {
            if (before != null && zone.firstReturn < before.lastCall) {
                return broken(before, zone);
            }
            byStart.put(zone.firstReturn, zone);
            before = zone;
        }
        for (Zone zone : zones) {
            if (!zone.isForward()) {
                Map.Entry<Long, Zone> around = byStart.lowerEntry(zone.lastCall);
                if (around != null && zone.firstReturn < around.getValue().lastCall) {
                    return broken(around.getValue(), zone);
                }
            }
        }
        return new Answer.Linearizable();
    }

    private static Broken broken(Zone outer, Zone inner) {
        return new Broken(
                outer.value() + " was there before and after " + inner.value()
                        + ", though each was written at most once",
                Stream.of(outer.write, outer.first, inner.write, inner.first, inner.last, outer.last)
                        .filter(Objects::nonNull)
                        .distinct()
                        .toList());
    }
}
