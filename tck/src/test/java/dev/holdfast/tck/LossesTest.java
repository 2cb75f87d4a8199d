package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.spi.NonOverlap;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** After which faults state, and after which grants, may be lost. */
class LossesTest {

    @ParameterizedTest
    @CsvSource({
        // What only connections suffer takes nothing away.
        "false, UNLESS_FAILOVER, CUT LOSE_REPLIES BLACK_HOLE SLOW, '', ''",
        // One server.
        "false, UNLESS_FAILOVER, CUT RESTART KILL PAUSE SLOW, RESTART KILL PAUSE, RESTART KILL PAUSE",
        "true, UNLESS_FAILOVER, CUT RESTART KILL PAUSE SLOW, '', ''",
        "true, UNLESS_SESSION_LOSS, CUT RESTART KILL PAUSE SLOW, '', CUT RESTART KILL PAUSE",
        // A server with copies.
        "false, ALWAYS, CUT FAILOVER, FAILOVER, FAILOVER",
        "true, UNLESS_FAILOVER, CUT KILL PAUSE BLACK_HOLE FAILOVER, KILL PAUSE BLACK_HOLE FAILOVER, KILL PAUSE BLACK_HOLE FAILOVER",
        "true, ALWAYS, KILL PAUSE BLACK_HOLE STALL_REPLICATION FAILOVER PARTITION, '', ''",
        // Frozen, and perhaps replaced by a copy that nobody here can make take over.
        "true, UNLESS_FAILOVER, PAUSE, '', PAUSE"
    })
    void whatMayBeLost_followsFromWhatIsDeclared(
            boolean durable, NonOverlap nonOverlap, String kinds, String state, String grants) {
        Set<Faults.Kind> offered = kinds(kinds);
        Losses losses = new Losses(durable, nonOverlap, offered);
        EnumSet<Faults.Kind> ofState = EnumSet.copyOf(offered);
        ofState.removeIf(kind -> !losses.ofState(kind));
        EnumSet<Faults.Kind> ofGrants = EnumSet.copyOf(offered);
        ofGrants.removeIf(kind -> !losses.ofGrants(kind));
        assertEquals(kinds(state), ofState);
        assertEquals(kinds(grants), ofGrants);
    }

    private static Set<Faults.Kind> kinds(String words) {
        EnumSet<Faults.Kind> kinds = EnumSet.noneOf(Faults.Kind.class);
        Stream.of(words.split(" "))
                .filter(word -> !word.isEmpty())
                .map(Faults.Kind::valueOf)
                .forEach(kinds::add);
        return kinds;
    }
}
