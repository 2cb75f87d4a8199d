package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.state.StateStore;
import dev.holdfast.tck.LockTable.Mistake;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each wrong lock store must break its rules, and the right one none. */
class WrongLocksTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ALWAYS_GRANTS               | L01,L06,X04,M01,M07
                    TRIES_STAND_IN_THE_QUEUE    | L15
                    RELEASE_DOES_NOTHING        | L02,L07,L10,L21,M10,Z04
                    RELEASES_FOR_ANYBODY        | L06,X04
                    RELEASE_SAYS_YES            | L06
                    NEVER_ENDS                  | X01,W15
                    ENDS_EARLY                  | X01,R10,R15
                    SECONDS_FOR_MILLISECONDS    | X01
                    MILLISECONDS_IN_AN_INT      | X02
                    RENEWAL_TAKES_BACK          | R04
                    RENEWS_FOR_ANYBODY          | R03,X15
                    RENEWAL_DOES_NOTHING        | R01,R15,R09
                    RENEWS_THE_FIRST_OF_A_BATCH | R08
                    RENEWAL_NEVER_SHORTENS      | R10
                    RENEWAL_IS_A_NEW_GRANT      | R11
                    GRANTS_AT_RANDOM            | F01,F02
                    GRANTS_BEGIN_ANEW           | F02,F03,F05,F06,F07
                    GRANTS_COUNTED_BY_NAME      | F04,F05
                    OFFERS_TO_NOBODY            | W01,W18
                    LAST_COME_FIRST_SERVED      | W10
                    NO_PRIORITY                 | W17
                    PLACES_FOR_EVER             | W02,W04,W06
                    NEVER_CONTENDED             | W12
                    TRANSFERS_TO_ANYBODY        | L22
                    TRANSFERS_FOR_EVER          | L23
                    FORCE_DOES_NOTHING          | L20,M04
                    NAMES_BY_A_SHORT_HASH       | L03
                    NAMES_WITHOUT_CASE          | L12
                    ONE_NAMESPACE               | L19
                    LISTS_EVERY_NAMESPACE       | L17
                    LISTS_WITHOUT_PREFIX        | L17
                    LISTS_ONE_PAGE              | L18
                    FIND_ENDS_THE_HOLD          | L16
                    FIND_FORGETS_THE_LABEL      | L16
                    """)
    void everyWrongLockStore_breaksItsRules(Mistake mistake, String rules) {
        WrongBackendsTest.assertBreaks(rules, subject(mistake));
    }

    @Test
    void theRightLockStore_breaksNone() {
        String ofLocks = Rule.all().stream()
                .map(Rule::id)
                .filter(id -> "LXRWMFG".contains(id.substring(0, 1)))
                .collect(Collectors.joining(","));
        WrongBackendsTest.Graded.current = subject(Mistake.NONE);
        assertEquals(
                List.of(),
                WrongBackendsTest.run(ofLocks).failed().stream()
                        .map(WrongBackendsTest::messageOf)
                        .toList());
    }

    private static TckSubject subject(Mistake mistake) {
        ManualTime time = new ManualTime();
        StateStore state = new StrangerBackend.MapStore();
        LockTable table = new LockTable(time, mistake);
        BiFunction<String, ManualTime, Backend> opener =
                (namespace, clock) -> Backends.over("table", new Stores(state, table.client(), null))
                        .namespace(namespace)
                        .time(clock)
                        .open();
        return TckSubject.of("a wrong lock store", namespace -> opener.apply(namespace, time))
                .withTime(time)
                .withStoppedClients(opener);
    }
}
