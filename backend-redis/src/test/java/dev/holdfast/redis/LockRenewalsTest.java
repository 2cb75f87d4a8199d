package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.lock.LockName;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is told of holds that were renewed by several commands, each of which has an outcome of its own. */
class LockRenewalsTest {
    private final BackendException notApplied = new BackendUnavailableException("refused");
    private final BackendException perhapsApplied = new OutcomeUnknownException("the connection broke");

    /** The answers for one hold in each command. */
    private static List<RenewReply> answers(Outcome<@Nullable Object> first, Outcome<@Nullable Object> second) {
        List<Outcome<@Nullable Object>> outcomes = List.of(first, second);
        List<LockRenewals.Group> groups = new ArrayList<>();
        for (int number = 0; number < outcomes.size(); number++) {
            LockName name = new LockName("test", "lock " + number);
            LockRenewals.Group group = new LockRenewals.Group();
            group.add(number, new LockKeys(name), new Renewal(name, LeaseId.random(), 1));
            groups.add(group);
        }
        return LockRenewals.answers(outcomes.size(), groups, outcomes);
    }

    @Test
    void oneCommandFails_andOnlyItsHoldsAreUnknown() {
        assertEquals(
                List.of(RenewReply.UNKNOWN, RenewReply.RENEWED),
                answers(Outcome.error(notApplied), Outcome.value(List.of(1L))));
    }

    /** The engine forgets a renewal of which it hears that it was not applied. */
    @Test
    void allCommandsFail_andOneMayHaveBeenApplied_soTheWholeMay() {
        assertSame(perhapsApplied, errorOf(notApplied, perhapsApplied));
        assertSame(perhapsApplied, errorOf(perhapsApplied, notApplied));
    }

    @Test
    void noCommandWasApplied_andTheWholeWasNot() {
        assertSame(notApplied, errorOf(notApplied, notApplied));
    }

    private static BackendException errorOf(BackendException first, BackendException second) {
        return assertThrows(BackendException.class, () -> answers(Outcome.error(first), Outcome.error(second)));
    }
}
