package dev.holdfast.history;

import static java.util.Comparator.comparingLong;

import dev.holdfast.history.Registers.Answer;
import dev.holdfast.history.Registers.Answer.Broken;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Checks compare-and-sets, puts-if-absent and gets of unique values in linear time, exactly. That testing is cheap once the
 * order of the writes is known is from P. Gibbons and E. Korach, "Testing Shared Memories", SIAM Journal on Computing
 * 26(4), 1997.
 *
 * <p>As each value is written by one operation, which names the value it replaced, the writes that took effect form one
 * path from absence; two successors of one value are a lost update. What remains is to find each write a moment, in the
 * order of the path. {@link Reach} carries the moments possible for one write to those possible for the next. They are an
 * interval, because a later moment for a write never leaves less room for the end of what it wrote.
 *
 * <ul>
 *   <li>A value is read after its write and before the next.
 *   <li>A refused operation found another value than the one it expected, so it comes before the write of that, or after
 *       the write that follows.
 *   <li>A write of unknown outcome took effect if its value was seen, or replaced by a write that took effect. The others
 *       can only come after the last of those, where they may explain refusals.
 * </ul>
 */
final class Chain {

    private final Map<@Nullable String, Link> links = new HashMap<>();
    private final List<Operation> operations;

    private Chain(List<Operation> operations) {
        this.operations = operations;
    }

    /** A value: who wrote it, who read it, who found it missing, what may have replaced it, and what did. */
    private static final class Link {
        @Nullable
        Operation write;

        @Nullable
        Operation firstRead;

        @Nullable
        Operation lastRead;

        final List<Operation> refused = new ArrayList<>(0);
        final List<Link> mayFollow = new ArrayList<>(1);
        boolean tookEffect;

        @Nullable
        Link next;

        void read(Operation get) {
            firstRead = firstRead == null || get.ret() < firstRead.ret() ? get : firstRead;
            lastRead = lastRead == null || get.call() > lastRead.call() ? get : lastRead;
        }

        Operation written() {
            return Objects.requireNonNull(write);
        }

        String value() {
            return write == null ? "absence" : String.valueOf(write.value());
        }
    }

    /**
     * The first and the last moment at which the link's value can have been written, by what is known up to there.
     *
     * @param because the operation that forbids an earlier moment
     */
    private record Reach(Link link, long first, long last, @Nullable Operation because) {}

    static Answer check(List<Operation> operations) {
        Chain chain = new Chain(operations);
        Link absence = chain.build();
        Broken broken = chain.findPath(absence);
        return broken != null ? broken : walk(absence);
    }

    private Link link(@Nullable String value) {
        return links.computeIfAbsent(value, any -> new Link());
    }

    private Link build() {
        for (Operation operation : operations) {
            if (operation.mayHaveWritten()) {
                Link link = link(operation.value());
                link.write = operation;
                link.tookEffect |= operation.outcome() == Outcome.OK;
                link(operation.expected()).mayFollow.add(link);
            } else if (operation.outcome() == Outcome.REFUSED) {
                link(operation.expected()).refused.add(operation);
            } else if (operation.outcome() == Outcome.OK) {
                link(operation.value()).read(operation);
                link(operation.value()).tookEffect = true;
            }
        }
        Link absence = link(null);
        absence.tookEffect = true;
        return absence;
    }

    /** Links each value to the one that replaced it. */
    private @Nullable Broken findPath(Link absence) {
        Deque<Link> effective = new ArrayDeque<>();
        links.values().stream()
                .filter(link -> link.tookEffect && link != absence)
                .forEach(effective::add);
        int count = 0;
        for (Link link = effective.poll(); link != null; link = effective.poll(), count++) {
            if (link.write == null) {
                return Unwritten.seen(
                        link.firstRead != null
                                ? link.firstRead
                                : link.mayFollow.get(0).written(),
                        operations);
            }
            Link replaced = link(link.write.expected());
            if (replaced.next != null) {
                return new Broken(
                        replaced.value() + " was replaced twice, so one of the updates is lost",
                        List.of(replaced.next.written(), link.write));
            }
            replaced.next = link;
            if (!replaced.tookEffect) {
                replaced.tookEffect = true;
                effective.add(replaced);
            }
        }
        for (Link link = absence.next; link != null; link = link.next) {
            count--;
        }
        return count == 0 ? null : new Broken("writes replaced each other's values in a circle", circle(absence));
    }

    private List<Operation> circle(Link absence) {
        for (Link link = absence.next; link != null; link = link.next) {
            link.tookEffect = false;
        }
        return links.values().stream()
                .filter(link -> link.tookEffect && link.write != null)
                .map(Link::written)
                .toList();
    }

    private static Answer walk(Link absence) {
        Reach reach = new Reach(absence, Long.MIN_VALUE, Long.MIN_VALUE, null);
        for (Link next = absence.next; next != null; next = next.next) {
            Reach further = step(reach, next);
            if (further == null) {
                return noMomentLeft(reach, next);
            }
            reach = further;
        }
        Deque<Reach> ends = new ArrayDeque<>(List.of(reach));
        for (Reach end = ends.poll(); end != null; end = ends.poll()) {
            long last = end.last;
            if (end.link.refused.stream().allMatch(refused -> refused.call() <= last)) {
                return new Answer.Linearizable();
            }
            for (Link unseen : end.link.mayFollow) {
                Reach further = unseen.tookEffect ? null : step(end, unseen);
                if (further != null) {
                    ends.add(further);
                }
            }
        }
        return refusedThough(reach.link, Collections.max(reach.link.refused, comparingLong(Operation::call)));
    }

    /** The moments at which {@code next} can have replaced the link reached, or null if there are none. */
    private static @Nullable Reach step(Reach reach, Link next) {
        Link link = reach.link;
        Operation write = next.written();
        Operation lastRead = link.lastRead;
        long from = lastRead == null ? write.call() : Math.max(write.call(), lastRead.call());
        long to = next.firstRead == null ? write.deadline() : Math.min(write.deadline(), next.firstRead.ret());
        for (Operation refused : link.refused) {
            if (refused.call() > reach.last) { // too late to come before this value, so it comes after next
                to = Math.min(to, refused.ret());
            }
        }
        long first = Math.max(reach.first, from);
        Operation because = reach.because;
        if (from > reach.first) {
            because = lastRead != null && lastRead.call() == from ? lastRead : write;
        }
        return first > to ? null : new Reach(next, first, to, because);
    }

    private static Broken noMomentLeft(Reach reach, Link next) {
        Link link = reach.link;
        Operation write = next.written();
        for (Operation refused : link.refused) {
            long from = link.lastRead == null ? write.call() : Math.max(write.call(), link.lastRead.call());
            if (refused.call() > reach.last && refused.ret() < from) {
                return refusedThough(link, refused);
            }
        }
        return new Broken(
                next.value() + " replaced " + link.value() + ", but was there too early or " + link.value()
                        + " too late",
                Stream.of(link.write, reach.because, link.lastRead, write, next.firstRead)
                        .filter(Objects::nonNull)
                        .distinct()
                        .toList());
    }

    private static Broken refusedThough(Link link, Operation refused) {
        return new Broken(
                "a write that expected " + link.value() + " was refused, though " + link.value()
                        + " was there all the time",
                Stream.of(link.write, refused, link.next == null ? null : link.next.write)
                        .filter(Objects::nonNull)
                        .toList());
    }
}
