package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.spi.Key;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each store that behaves wrongly under faults must break its rules, and the right one none. */
class FaultRulesTest {

    static Stream<WrongBackend> wrongBackends() {
        return WrongUnderFaults.all();
    }

    @ParameterizedTest
    @MethodSource("wrongBackends")
    void everyWrongStore_isFoundOut(WrongBackend wrong) {
        wrong.assertIsFoundOut();
    }

    @Test
    void theRightStore_breaksNone() {
        String ofFaults = Rule.all().stream()
                .map(Rule::id)
                .filter(id -> id.startsWith("P"))
                .collect(Collectors.joining(","));
        var events = WrongBackendsTest.assertHold(ofFaults, WrongUnderFaults.right());
        // Events need a store that pushes, processes one that they share.
        assertEquals(
                Set.of("P13", "P40", "P41", "P42", "P43", "P44"),
                events.aborted().stream().map(WrongBackendsTest::ruleOf).collect(Collectors.toSet()));
    }

    /** It offers everything; what it is asked for it says it did. */
    private static class IdleFaults implements Faults {
        @Override
        public Set<Kind> kinds() {
            return Set.of(Kind.values());
        }

        void asked() {}

        @Override
        public void heal() {}

        @Override
        public void restart() {
            asked();
        }

        @Override
        public void kill() {
            asked();
        }

        @Override
        public void pause() {
            asked();
        }

        @Override
        public int cut() {
            asked();
            return 0;
        }

        @Override
        public void loseRepliesAfter(int bytes) {
            asked();
        }

        @Override
        public int lostReplies() {
            return 0;
        }

        @Override
        public void blackHole() {
            asked();
        }

        @Override
        public void slow(Duration delay) {
            asked();
        }

        @Override
        public void stallReplication() {
            asked();
        }

        @Override
        public void failover() {
            asked();
        }

        @Override
        public void partition() {
            asked();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "P01", "P02", "P03", "P04", "P05", "P06", "P07", "P08", "P09", "P11", "P12", "P14", "P15", "P16", "P20"
            })
    void faultsThatDoNothing_proveNothing(String rule) {
        String reason = inconclusive(rule, new IdleFaults());
        assertTrue(reason.matches(".*(no client felt it|no connections cut|no replies lost)"), reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"P01", "P02", "P05", "P08", "P11", "P14", "P15", "P16", "P20"})
    void faultsThatCannotBeBroughtAbout_areNothingTheStoreDidWrong(String rule) {
        String reason = inconclusive(rule, new IdleFaults() {
            @Override
            void asked() {
                throw new UnsupportedOperationException("no replica is connected");
            }
        });
        assertTrue(reason.matches("the fault [A-Z_]+ could not be brought about: .*no replica is connected"), reason);
    }

    @Test
    void aStoreThatCannotBeHealed_isNothingItDidWrong_andItsClientsAreClosed() {
        List<Backend> opened = new ArrayList<>();
        FragileStore store = new FragileStore(FragileStore.Mistake.NONE) {
            @Override
            public synchronized void heal() {
                super.heal();
                throw new IllegalStateException("no agreement on the primary");
            }
        };
        String reason = inconclusive(
                "P05",
                WrongUnderFaults.subject(store, right -> {
                            opened.add(right);
                            return right;
                        })
                        .withFaults(store));
        assertEquals(
                "the store could not be healed: java.lang.IllegalStateException: no agreement on the primary", reason);
        for (Backend client : opened) {
            assertThrows(IllegalStateException.class, () -> client.state().get(Key.of("a")));
        }
    }

    private static String inconclusive(String rule, Faults faults) {
        FragileStore store = new FragileStore(FragileStore.Mistake.NONE);
        return inconclusive(
                rule, WrongUnderFaults.subject(store, right -> right).withFaults(faults));
    }

    /** Runs a rule that must be inconclusive, and answers the reason. */
    private static String inconclusive(String rule, TckSubject subject) {
        Map<Verdict, String> told = new EnumMap<>(Verdict.class);
        WrongBackendsTest.Graded.current = subject.heardBy(new TckListener() {
            @Override
            public void end(String id, Verdict verdict, String reason) {
                told.put(verdict, reason);
            }
        });
        WrongBackendsTest.run(rule);
        assertEquals(Set.of(Verdict.INCONCLUSIVE), told.keySet(), told::toString);
        return told.get(Verdict.INCONCLUSIVE);
    }

    @Test
    void theRightStoreThatPushes_breaksNone() {
        assertEquals(
                1,
                WrongBackendsTest.assertHold("P13", WrongUnderFaults.pushing(FragileStore.Mistake.NONE))
                        .succeeded()
                        .count());
    }
}
