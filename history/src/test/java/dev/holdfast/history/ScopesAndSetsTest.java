package dev.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScopesAndSetsTest {

    private static FencedWrite write(long fence, Outcome outcome, long call, long ret) {
        return new FencedWrite("c", "s", fence, outcome, call, ret);
    }

    private static Add add(String element, Outcome outcome, long call, long ret) {
        return new Add("c", "set", element, outcome, call, ret);
    }

    private static SetRead read(long call, long ret, String... elements) {
        return new SetRead("c", "set", Set.of(elements), Outcome.OK, call, ret);
    }

    private static Verdict snapshot(Map<String, Long> generations) {
        return Checks.noFracturedRead(List.of(new SnapshotRead("c", "s", generations, Outcome.OK, 1, 2)));
    }

    private static void assertFinds(Rule rule, Verdict verdict, Event... culprits) {
        assertEquals(1, verdict.violations().size(), verdict::toString);
        assertEquals(rule, verdict.violations().get(0).rule());
        assertEquals(List.of(culprits), verdict.violations().get(0).culprits());
    }

    @Test
    void fencedWrites_findAStaleOne() {
        FencedWrite newer = write(2, Outcome.OK, 1, 2);
        FencedWrite stale = write(1, Outcome.OK, 3, 4);
        assertFinds(Rule.STALE, Checks.fencedWrites(List.of(stale, newer)), newer, stale);
    }

    @Test
    void fencedWrites_allowTheOlderOneBeforeOrBesideTheNewer() {
        Checks.fencedWrites(List.of(
                        write(1, Outcome.OK, 1, 2),
                        write(2, Outcome.OK, 3, 6),
                        write(1, Outcome.OK, 6, 7),
                        write(2, Outcome.OK, 8, 9),
                        write(1, Outcome.REFUSED, 10, 11)))
                .requireOk();
        Checks.fencedWrites(List.of(write(2, Outcome.UNKNOWN, 1, 2), write(1, Outcome.OK, 3, 4)))
                .requireOk();
    }

    @Test
    void fencedWrites_findTheNewestRefused() {
        FencedWrite refused = write(2, Outcome.REFUSED, 3, 4);
        FencedWrite later = write(3, Outcome.OK, 5, 6);
        assertFinds(Rule.REFUSED, Checks.fencedWrites(List.of(write(2, Outcome.OK, 1, 2), refused, later)), refused);
        Checks.fencedWrites(List.of(refused, write(3, Outcome.UNKNOWN, 4, 9))).requireOk();
    }

    @Test
    void set_holdsEveryAcknowledgedAdd() {
        Add lost = add("a", Outcome.OK, 1, 2);
        SetRead read = read(3, 4, "b");
        assertFinds(Rule.LOST_UPDATE, Checks.noLostUpdate(List.of(lost, add("b", Outcome.OK, 1, 2), read)), lost, read);
    }

    @Test
    void set_mayHoldUnknownAndConcurrentAdds() {
        List<Event> adds = List.of(add("a", Outcome.UNKNOWN, 1, 2), add("b", Outcome.OK, 1, 5));
        adds.forEach(add -> Checks.noLostUpdate(List.of(add, read(3, 4))).requireOk());
        Checks.noLostUpdate(List.of(adds.get(0), adds.get(1), read(3, 4, "a", "b")))
                .requireOk();
    }

    @Test
    void set_holdsNothingElse() {
        SetRead read = read(3, 4, "a");
        assertFinds(Rule.LOST_UPDATE, Checks.noLostUpdate(List.of(read)), read);
        assertFinds(Rule.LOST_UPDATE, Checks.noLostUpdate(List.of(add("a", Outcome.FAILED, 1, 2), read)), read);
        assertFinds(Rule.LOST_UPDATE, Checks.noLostUpdate(List.of(add("a", Outcome.OK, 5, 6), read)), read);
    }

    @Test
    void snapshot_showsOneGeneration() {
        snapshot(Map.of("a", 3L, "b", 3L)).requireOk();
        snapshot(Map.of("a", 0L, "b", 0L)).requireOk();
        assertEquals(
                Rule.FRACTURED,
                snapshot(Map.of("a", 3L, "b", 4L)).violations().get(0).rule());
        assertEquals(
                Rule.FRACTURED,
                snapshot(Map.of("a", 3L, "b", 0L)).violations().get(0).rule());
    }
}
