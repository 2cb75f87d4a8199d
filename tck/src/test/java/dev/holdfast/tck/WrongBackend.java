package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.platform.testkit.engine.Events;

/**
 * A backend that is wrong in one way, and the rules that must find it out.
 *
 * @param rules their numbers, with commas; it may break others too
 * @param subject opens it afresh, with a store of its own
 */
record WrongBackend(String how, Depth depth, String rules, Supplier<TckSubject> subject) {

    /** What it takes to notice that a backend is wrong. */
    enum Depth {
        /** Any use. */
        BLATANT,
        /** The right question. */
        ORDINARY,
        /** Several callers at once. */
        CONCURRENT,
        /** Time that passes. */
        TIMING,
        /** A recorded history: every single answer looks well. */
        HISTORY,
        /** A store that fails. */
        FAILOVER
    }

    List<String> broken() {
        return Stream.of(rules.split(",")).sorted().toList();
    }

    /** Runs its rules, every one of which must fail with a message that helps. */
    void assertIsFoundOut() {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Events tests;
        try {
            WrongBackendsTest.Graded.current = subject.get();
            tests = WrongBackendsTest.run(rules);
        } finally {
            // A wrong provider is found by the context's loader.
            Thread.currentThread().setContextClassLoader(before);
        }
        List<String> failed =
                tests.failed().stream().map(WrongBackendsTest::ruleOf).sorted().toList();
        assertEquals(broken(), failed, "rules broken");
        tests.failed().stream().forEach(event -> {
            String message = WrongBackendsTest.messageOf(event);
            assertTrue(
                    message.contains("seen:")
                            && message.contains("replay: -Dtck.rule=" + WrongBackendsTest.ruleOf(event)),
                    () -> "a message that helps: " + message);
        });
    }

    @Override
    public String toString() {
        return how + " breaks " + rules;
    }
}
