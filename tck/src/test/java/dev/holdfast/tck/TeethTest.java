package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.spi.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule has a wrong backend that it finds out, and docs/teeth.md tells which. */
class TeethTest {
    private static final Path PAGE = Path.of("..", "docs", "teeth.md");
    private static final Path WRITTEN = Path.of("target", "teeth.md");

    /** Why there is no wrong backend for them. */
    private static final Map<String, String> TOOTHLESS = new TreeMap<>(Map.of(
            "D03", "values are checked by `Settings` before a backend is asked; its tests break it instead",
            "D04", "URLs are read by `BackendUri` before a backend is asked; its tests break it instead"));

    static Stream<WrongBackend> here() {
        return Stream.of(WrongState.all(), WrongScopes.all(), WrongGuards.all(), WrongLives.all())
                .flatMap(some -> some);
    }

    private static List<WrongBackend> all() {
        return Stream.of(
                        here(),
                        WrongBackendsTest.wrongBackends(),
                        WrongLocksTest.wrongBackends(),
                        WrongUnderFaults.all(),
                        WrongProcessesTest.wrongBackends())
                .flatMap(some -> some)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("here")
    void everyWrongBackend_isFoundOut(WrongBackend wrong) {
        wrong.assertIsFoundOut();
    }

    /** All rules that need no faults, on the right backends of which the wrong ones differ in one thing: each passes on one of them. */
    @Test
    @Tag("faults") // for its length
    void theRightBackends_breakNone() {
        String all = Rule.all().stream()
                .map(Rule::id)
                .filter(rule -> !rule.startsWith("P"))
                .collect(Collectors.joining(","));
        Set<String> notPassed = new TreeSet<>(List.of(all.split(",")));
        Stream.of(
                        Rig.full(right -> right),
                        Rig.bare(right -> right),
                        Rig.running(Time.system(), right -> right),
                        TckSubject.open("stranger:teeth"))
                .flatMap(right -> WrongBackendsTest.assertHold(all, right).succeeded().stream())
                .forEach(event -> notPassed.remove(WrongBackendsTest.ruleOf(event)));
        assertEquals(Set.of(), notPassed, "rules that no right backend passes");
    }

    @Test
    void noRuleIsWithoutTeeth_butForThoseWithAReason() {
        Set<String> without = new TreeSet<>(Rule.all().stream().map(Rule::id).toList());
        all().forEach(wrong -> without.removeAll(wrong.broken()));
        assertEquals(TOOTHLESS.keySet(), without);
    }

    @Test
    void thePage_tellsWhatIsTestedHere() throws IOException {
        String page = page();
        Files.writeString(WRITTEN, page);
        assertEquals(page, Files.readString(PAGE), () -> "docs/teeth.md is made by this test: copy tck/" + WRITTEN);
    }

    private static String page() {
        List<WrongBackend> all = all();
        StringBuilder page = new StringBuilder();
        page.append(
                """
                # Teeth

                Which wrong backends each rule of the [contract](contract.md) finds out. Each is right but for one mistake; the tests of `tck` run it, see the rule
                fail with a message that names what was expected and seen and how to replay it, and see the right backend pass. Those of a store of files start processes, so
                they are run with `-Pfaults`. This page is written by `TeethTest`, which fails if it differs. A wrong backend may break more rules than are named here.

                How deep a mistake sits: *blatant* (any use shows it), *ordinary* (the right question does), *concurrent* (several callers at once), *timing* (time that
                passes), *history* (every single answer looks well, and only all of them together do not), *failover* (a store that fails).

                """);
        page.append(
                String.format("%d rules, %d wrong backends: %s.%n%n", Rule.all().size(), all.size(), depths(all)));
        page.append("| rule | | found out |\n|---|---|---|\n");
        for (Rule rule : Rule.all()) {
            String found = all.stream()
                    .filter(wrong -> wrong.broken().contains(rule.id()))
                    .map(wrong -> wrong.how() + " *(" + lower(wrong.depth()) + ")*")
                    .collect(Collectors.joining("; "));
            page.append("| ")
                    .append(rule.id())
                    .append(" | ")
                    .append(rule.statement())
                    .append(" | ")
                    .append(found.isEmpty() ? "none, see below" : found)
                    .append(" |\n");
        }
        page.append("\n## Rules without a wrong backend\n\n");
        TOOTHLESS.forEach((rule, why) ->
                page.append("- **").append(rule).append("**: ").append(why).append(".\n"));
        return page.toString();
    }

    private static String depths(List<WrongBackend> all) {
        List<String> counts = new ArrayList<>();
        Arrays.stream(WrongBackend.Depth.values()).forEach(depth -> {
            long count = all.stream().filter(wrong -> wrong.depth() == depth).count();
            counts.add(count + " " + lower(depth));
        });
        return String.join(", ", counts);
    }

    private static String lower(WrongBackend.Depth depth) {
        return depth.name().toLowerCase(Locale.ROOT);
    }
}
