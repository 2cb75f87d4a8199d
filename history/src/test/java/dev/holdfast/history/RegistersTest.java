package dev.holdfast.history;

import static dev.holdfast.history.Ops.compareAndSet;
import static dev.holdfast.history.Ops.delete;
import static dev.holdfast.history.Ops.failed;
import static dev.holdfast.history.Ops.get;
import static dev.holdfast.history.Ops.put;
import static dev.holdfast.history.Ops.putIfAbsent;
import static dev.holdfast.history.Ops.refused;
import static dev.holdfast.history.Ops.unknown;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.history.Verdict.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RegistersTest {

    private static void assertLinearizable(Operation... history) {
        Checks.linearizable(List.of(history)).requireOk();
    }

    /** The culprits, and that the message says this, and that the verdict does not depend on how the history is listed. */
    private static List<Event> assertBroken(String says, Operation... history) {
        Verdict verdict = Checks.linearizable(List.of(history));
        assertEquals(Status.VIOLATION, verdict.status(), verdict::toString);
        Finding finding = verdict.violations().get(0);
        assertTrue(finding.message().contains(says), finding::toString);
        assertEquals(Rule.LINEARIZABLE, finding.rule());
        assertFalse(finding.culprits().isEmpty());
        return finding.culprits();
    }

    @Nested
    class PutsAndGetsOfUniqueValues {

        @Test
        void absenceIsReadUntilTheFirstPut() {
            assertLinearizable(get(null, 1, 2), put("a", 3, 6), get(null, 4, 5), get("a", 7, 8));
        }

        @Test
        void concurrentPuts_mayTakeEffectInEitherOrder() {
            assertLinearizable(put("a", 1, 10), put("b", 1, 10), get("b", 2, 3), get("a", 4, 5), get("a", 11, 12));
        }

        @Test
        void staleRead_isFound() {
            assertBroken("a was there before and after b", put("a", 1, 2), put("b", 3, 4), get("a", 5, 6));
        }

        @Test
        void lostPut_isFound() {
            assertBroken("absence was there before and after a", put("a", 1, 2), get(null, 3, 4));
        }

        @Test
        void valueThatComesBack_isFound() {
            assertBroken(
                    "was there before and after",
                    put("a", 1, 20),
                    put("b", 1, 20),
                    get("a", 2, 3),
                    get("b", 4, 5),
                    get("a", 6, 7));
        }

        @Test
        void readFromTheFuture_isFound() {
            Operation read = get("a", 1, 2);
            Operation write = put("a", 3, 4);
            assertEquals(List.of(read, write), assertBroken("before its write was called", read, write));
        }

        @Test
        void valueNobodyWrote_isFound() {
            assertBroken("nobody wrote", get("x", 1, 2));
        }

        @Test
        void valueOfAFailedPut_isFound() {
            Operation write = failed(put("a", 1, 2));
            Operation read = get("a", 3, 4);
            assertEquals(List.of(write, read), assertBroken("reported as not done", write, read));
        }

        @Test
        void unknownPut_mayTakeEffectLateOrNever() {
            assertLinearizable(unknown(put("a", 1, 2)), put("b", 3, 4), get("b", 5, 6), get("a", 7, 8));
            assertLinearizable(unknown(put("a", 1, 2)), put("b", 3, 4), get("b", 5, 6));
        }

        @Test
        void unknownPut_takesEffectOnce() {
            assertBroken(
                    "before and after b",
                    unknown(put("a", 1, 2)),
                    get("a", 3, 4),
                    put("b", 5, 6),
                    get("b", 7, 8),
                    get("a", 9, 10));
        }

        @Test
        void operationsThatTouch_areConcurrent() {
            assertLinearizable(put("a", 1, 2), put("b", 2, 3), get("a", 3, 4));
        }
    }

    @Nested
    class ReplacementsOfUniqueValues {

        @Test
        void chain_isLinearizable() {
            assertLinearizable(
                    putIfAbsent("a", 1, 2),
                    refused(putIfAbsent("x", 3, 4)),
                    compareAndSet("a", "b", 5, 8),
                    refused(compareAndSet("b", "x", 5, 6)),
                    get("a", 6, 7),
                    get("b", 9, 10));
        }

        @Test
        void lostUpdate_isFound() {
            Operation one = compareAndSet("a", "b", 3, 4);
            Operation other = compareAndSet("a", "c", 3, 4);
            assertTrue(assertBroken("a was replaced twice", putIfAbsent("a", 1, 2), one, other)
                    .containsAll(List.of(one, other)));
        }

        @Test
        void refusalThoughTheExpectedValueWasThere_isFound() {
            Operation refusal = refused(compareAndSet("a", "x", 3, 4));
            assertTrue(assertBroken(
                            "a was there all the time",
                            putIfAbsent("a", 1, 2),
                            refusal,
                            compareAndSet("a", "b", 5, 6),
                            get("b", 7, 8))
                    .contains(refusal));
            assertBroken("a was there all the time", putIfAbsent("a", 1, 2), refusal);
        }

        @Test
        void staleRead_isFound() {
            assertBroken("too late", putIfAbsent("a", 1, 2), compareAndSet("a", "b", 3, 4), get("a", 5, 6));
        }

        @Test
        void readFromTheFuture_isFound() {
            assertBroken("too early", putIfAbsent("a", 1, 2), get("b", 3, 4), compareAndSet("a", "b", 5, 6));
        }

        @Test
        void replacingAValueNobodyWrote_isFound() {
            assertBroken("nobody wrote", compareAndSet("x", "a", 1, 2));
            assertBroken("reported as not done", failed(putIfAbsent("x", 1, 2)), compareAndSet("x", "a", 3, 4));
        }

        @Test
        void refusalsThatContradictEachOther_areFound() {
            assertBroken(
                    "b was there all the time",
                    putIfAbsent("a", 1, 2),
                    compareAndSet("a", "b", 5, 30),
                    refused(compareAndSet("a", "x", 20, 22)),
                    refused(compareAndSet("b", "y", 23, 25)),
                    compareAndSet("b", "c", 26, 40));
        }

        @Test
        void circle_isFound() {
            assertBroken("in a circle", compareAndSet("a", "b", 1, 4), compareAndSet("b", "a", 1, 4), get(null, 5, 6));
        }

        @Test
        void replacementsInTheWrongOrderOfTime_areFound() {
            assertBroken(
                    "too early", compareAndSet("b", "c", 1, 2), compareAndSet("a", "b", 1, 9), putIfAbsent("a", 3, 4));
        }

        @Test
        void unknownReplacement_tookEffectIfItsValueWasReplaced() {
            assertLinearizable(unknown(putIfAbsent("a", 1, 2)), compareAndSet("a", "b", 3, 4), get("b", 5, 6));
            assertBroken(
                    "replaced twice",
                    unknown(putIfAbsent("a", 1, 2)),
                    compareAndSet("a", "b", 3, 4),
                    putIfAbsent("c", 5, 6));
        }

        @Test
        void unknownReplacementAtTheEnd_mayExplainARefusal() {
            assertLinearizable(
                    putIfAbsent("a", 1, 2),
                    unknown(compareAndSet("a", "b", 3, 4)),
                    refused(compareAndSet("a", "x", 5, 6)));
            assertBroken(
                    "was refused",
                    putIfAbsent("a", 1, 2),
                    unknown(compareAndSet("a", "b", 3, 4)),
                    refused(compareAndSet("a", "x", 5, 6)),
                    get("a", 7, 8));
        }
    }

    @Nested
    class AnythingElse {

        @Test
        void repeatedValuesAndDeletes_areLinearizable() {
            assertLinearizable(
                    put("a", 1, 2),
                    delete(3, 4),
                    refused(delete(5, 6)),
                    put("a", 7, 8),
                    put(null, 9, 12),
                    get("a", 10, 11));
        }

        @Test
        void deleteThatResurrects_isFound() {
            Operation read = get("a", 5, 6);
            assertTrue(assertBroken("no order explains why GET", put("a", 1, 2), delete(3, 4), read)
                    .contains(read));
        }

        @Test
        void deleteThatTellsTheWrongThing_isFound() {
            assertBroken("why DELETE was REFUSED", put("a", 1, 2), refused(delete(3, 4)));
            assertBroken("why DELETE was OK", delete(1, 2));
        }

        @Test
        void unknownOperationsOfEachKind_mayTakeEffectOrNot() {
            for (Operation open : List.of(
                    put("b", 3, 4), delete(3, 4), compareAndSet("a", "b", 3, 4), compareAndSet("a", null, 3, 4))) {
                assertLinearizable(put("a", 1, 2), unknown(open), get("a", 5, 6), get(open.value(), 7, 8));
                assertLinearizable(put("a", 1, 2), unknown(open), get("a", 5, 6), delete(7, 8), get(null, 9, 10));
            }
        }

        @Test
        void conditionalDelete_isAReplacementByAbsence() {
            assertLinearizable(put("a", 1, 2), compareAndSet("a", null, 3, 4), get(null, 5, 6), putIfAbsent("a", 7, 8));
            assertBroken("why GET was OK", put("a", 1, 2), compareAndSet("a", null, 3, 4), get("a", 5, 6));
        }
    }

    @Nested
    class ValuesThatEnd {
        private final Operation end = Ops.expire("a", 10, 14);

        @Test
        void areThereBefore_notAfter_andEitherBetween() {
            assertLinearizable(put("a", 1, 2), get("a", 3, 9), end, get(null, 15, 16));
            assertLinearizable(put("a", 1, 2), get("a", 11, 12), end, get(null, 13, 13));
            assertLinearizable(put("a", 1, 2), get(null, 11, 12), end);
        }

        @Test
        void endTooEarly_orNever_isFound() {
            assertBroken("why GET was OK", put("a", 1, 2), get(null, 3, 9), end);
            assertBroken("no order explains", put("a", 1, 2), end, get("a", 15, 16));
        }

        @Test
        void goneAndBack_isFoundThoughEachReadByItselfIsRight() {
            assertBroken("no order explains", put("a", 1, 2), end, get(null, 10, 11), get("a", 12, 13));
        }

        @Test
        void whatReplacedThem_stays() {
            assertLinearizable(put("a", 1, 2), put("b", 3, 4), end, get("b", 15, 16));
            assertBroken("why GET was OK", put("a", 1, 2), put("b", 3, 4), end, get(null, 15, 16));
        }

        @Test
        void writtenLate_endLater() {
            assertLinearizable(put("a", 1, 13), get(null, 11, 12), end, get(null, 15, 16));
            assertBroken("no order explains", put("a", 1, 13), end, get("a", 15, 16));
        }

        @Test
        void ofUnknownWrites_mayNeverBeThere() {
            assertLinearizable(unknown(put("a", 1, 2)), unknown(end), get(null, 15, 16), get("a", 17, 18));
        }
    }

    @Test
    void keys_areJudgedApart() {
        Operation lost = new Operation("c", "other", Operation.Kind.GET, null, null, Outcome.OK, 9, 10);
        Verdict verdict =
                Checks.linearizable(List.of(put("a", 1, 2), get("a", 3, 4), lost, Ops.put("b", 5, 6), get("a", 7, 8)));
        assertEquals(1, verdict.violations().size());
        assertEquals(5, verdict.checked());
        assertTrue(verdict.violations().get(0).message().startsWith("key k: "));
    }

    @Test
    void budgetSpent_isUndecidedAndNotOk() {
        List<Operation> crowd = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            crowd.add(put("v" + i, 0, 100));
        }
        crowd.add(delete(0, 100));
        crowd.add(get("never", 101, 102));
        Verdict verdict = Checks.linearizable(crowd, 1_000);
        assertEquals(Status.UNDECIDED, verdict.status());
        assertFalse(verdict.isOk());
        assertTrue(verdict.undecided().get(0).message().contains("within 1000 configurations"), verdict::toString);
        AssertionError error = assertThrows(AssertionError.class, verdict::requireOk);
        assertTrue(error.getMessage().startsWith("UNDECIDED"), error::getMessage);
    }

    @Test
    void violationOutweighsUndecided() {
        Finding finding = new Finding(Rule.LINEARIZABLE, "m", List.of());
        Verdict open = new Verdict(1, List.of(), List.of(finding));
        Verdict broken = new Verdict(2, List.of(finding), List.of());
        assertEquals(Status.VIOLATION, open.and(broken).status());
        assertEquals(3, open.and(broken).checked());
    }

    @Test
    void operationsThatMakeNoSense_areRefused() {
        assertThrows(IllegalArgumentException.class, () -> refused(get("a", 1, 2)));
        assertThrows(IllegalArgumentException.class, () -> refused(put("a", 1, 2)));
        assertThrows(IllegalArgumentException.class, () -> Ops.valued("a", delete(1, 2)));
        assertThrows(IllegalArgumentException.class, () -> get("a", 2, 1));
        assertThrows(IllegalArgumentException.class, () -> refused(Ops.expire("a", 1, 2)));
        assertThrows(IllegalArgumentException.class, () -> Ops.expire(null, 1, 2));
    }
}
