package dev.holdfast.tck;

import dev.holdfast.tck.LockTable.Mistake;
import dev.holdfast.tck.WrongBackend.Depth;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each wrong lock store must break its rules. */
class WrongLocksTest {

    private static WrongBackend wrong(Mistake mistake, Depth depth, String rules) {
        return new WrongBackend(
                "locks: " + RuleNames.words(mistake),
                depth,
                rules,
                () -> Rig.of(time -> new StrangerBackend.MapStore(), mistake, right -> right));
    }

    static Stream<WrongBackend> wrongBackends() {
        return Stream.of(
                wrong(Mistake.ALWAYS_GRANTS, Depth.BLATANT, "L01,L06,X04,M01,M07,L14,M02,G05"),
                wrong(Mistake.TRIES_STAND_IN_THE_QUEUE, Depth.ORDINARY, "L15"),
                wrong(Mistake.RELEASE_DOES_NOTHING, Depth.BLATANT, "L02,L07,L10,L21,M10,Z04"),
                wrong(Mistake.RELEASES_FOR_ANYBODY, Depth.ORDINARY, "L06,X04"),
                wrong(Mistake.RELEASE_SAYS_YES, Depth.ORDINARY, "L06"),
                wrong(Mistake.NEVER_ENDS, Depth.TIMING, "X01,W11,W15"),
                wrong(Mistake.ENDS_EARLY, Depth.TIMING, "X01,R10,R15"),
                wrong(Mistake.SECONDS_FOR_MILLISECONDS, Depth.TIMING, "X01"),
                wrong(Mistake.MILLISECONDS_IN_AN_INT, Depth.TIMING, "X02"),
                wrong(Mistake.RENEWAL_TAKES_BACK, Depth.TIMING, "R04"),
                wrong(Mistake.RENEWS_FOR_ANYBODY, Depth.TIMING, "R03,X15"),
                wrong(Mistake.RENEWAL_DOES_NOTHING, Depth.TIMING, "R01,R15,R09"),
                wrong(Mistake.RENEWS_THE_FIRST_OF_A_BATCH, Depth.TIMING, "R08"),
                wrong(Mistake.RENEWAL_NEVER_SHORTENS, Depth.TIMING, "R10"),
                wrong(Mistake.RENEWAL_IS_A_NEW_GRANT, Depth.ORDINARY, "R11"),
                wrong(Mistake.GRANTS_AT_RANDOM, Depth.ORDINARY, "F01,F02"),
                wrong(Mistake.GRANTS_BEGIN_ANEW, Depth.ORDINARY, "F02,F03,F05,F06,F07"),
                wrong(Mistake.GRANTS_COUNTED_BY_NAME, Depth.ORDINARY, "F04,F05"),
                wrong(Mistake.GRANTS_COUNTED_FROM_A_DAY_IN_2020, Depth.TIMING, "F05"),
                wrong(Mistake.OFFERS_TO_NOBODY, Depth.CONCURRENT, "W01,W18"),
                wrong(Mistake.LAST_COME_FIRST_SERVED, Depth.CONCURRENT, "W10"),
                wrong(Mistake.NO_PRIORITY, Depth.CONCURRENT, "W17"),
                wrong(Mistake.PLACES_FOR_EVER, Depth.CONCURRENT, "W02,W04,W06"),
                wrong(Mistake.NEVER_CONTENDED, Depth.CONCURRENT, "W12"),
                wrong(Mistake.TRANSFERS_TO_ANYBODY, Depth.ORDINARY, "L22"),
                wrong(Mistake.TRANSFERS_FOR_EVER, Depth.TIMING, "L23"),
                wrong(Mistake.FORCE_DOES_NOTHING, Depth.BLATANT, "L20,M04"),
                wrong(Mistake.NAMES_BY_A_SHORT_HASH, Depth.ORDINARY, "L03"),
                wrong(Mistake.NAMES_WITHOUT_CASE, Depth.ORDINARY, "L12"),
                wrong(Mistake.ONE_NAMESPACE, Depth.ORDINARY, "L19,N05"),
                wrong(Mistake.LISTS_EVERY_NAMESPACE, Depth.ORDINARY, "L17"),
                wrong(Mistake.LISTS_WITHOUT_PREFIX, Depth.ORDINARY, "L17"),
                wrong(Mistake.LISTS_ONE_PAGE, Depth.ORDINARY, "L18"),
                wrong(Mistake.FIND_ENDS_THE_HOLD, Depth.ORDINARY, "L16"),
                wrong(Mistake.FIND_FORGETS_THE_LABEL, Depth.ORDINARY, "L16"),
                wrong(Mistake.REFUSALS_MINT, Depth.ORDINARY, "F13"));
    }

    @ParameterizedTest
    @MethodSource("wrongBackends")
    void everyWrongLockStore_isFoundOut(WrongBackend wrong) {
        wrong.assertIsFoundOut();
    }
}
