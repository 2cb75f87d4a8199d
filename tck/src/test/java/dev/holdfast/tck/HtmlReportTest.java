package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.history.Checks;
import dev.holdfast.history.ClientRecorder;
import dev.holdfast.history.Event;
import dev.holdfast.history.Finding;
import dev.holdfast.history.GrantCall;
import dev.holdfast.history.JsonLines;
import dev.holdfast.history.Recorder;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.state.StateStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The page about a backend that is wrong in many ways, and one that is right. */
class HtmlReportTest {
    private static final Pattern HISTORY = Pattern.compile("data:application/jsonl;base64,([^\"]+)");

    @TempDir
    private Path folder;

    private final List<String> heard = new ArrayList<>();

    @Test
    void page_saysWhatIsBrokenAndShowsIt() throws IOException {
        String page = page(wrong().waive("S02", "known <since> May", "9999-12-31"), "G01,G05,G07,L01,S01,S02,T01,P20");
        // How many of the histories go wrong is a matter of luck; L01 and G05 always do.
        assertTrue(
                Pattern.compile("BROKEN: [2-9] rules do not hold").matcher(page).find(), page);
        // The statement, the intent, what was seen, and how to see it again.
        assertContains("no two clients hold a lock at once and fences rise", page);
        assertContains("Intent: ", page);
        assertContains("-Dtck.rule=G05 -Dtck.seed=42", page);
        assertContains("-Dtck.rule=L01 -Dtck.seed=42", page);
        assertContains("MUTEX", page);
        assertContains("Waived: known &lt;since&gt; May", page);
        // What is not proven comes before what is, and the worst first.
        List<Integer> places = List.of(
                page.indexOf("<h2>Broken"),
                page.indexOf("<h2>Not run"),
                page.indexOf("<h2>Waived"),
                page.indexOf("<h2>All"));
        assertEquals(places.stream().sorted().toList(), places);
        assertFalse(places.contains(-1), places.toString());
    }

    @Test
    void page_drawsTheHistoryWithItsCulprits() throws IOException {
        String page = page(wrong(), "G01,G05,G07");
        Matcher drawing = Pattern.compile("(?s)<svg class=.timeline.*?</svg>").matcher(page);
        List<String> drawings = drawing.results().map(found -> found.group()).toList();
        assertTrue(drawings.size() >= 3, () -> drawings.size() + " drawings");
        drawings.forEach(svg -> {
            assertTrue(svg.contains("culprit\"><title>"), svg);
            assertTrue(svg.contains("class=\"label\" "), svg);
            assertTrue(svg.contains(">1</text>"), svg);
        });
        Matcher data = HISTORY.matcher(page);
        assertTrue(data.find());
        String lines = new String(Base64.getDecoder().decode(data.group(1)), StandardCharsets.US_ASCII);
        List<Event> history = JsonLines.read(new BufferedReader(new StringReader(lines)));
        assertTrue(page.contains(history.size() + " events"), () -> history.size() + " events");
    }

    /** A larger budget may decide it, so it is not thrown away. */
    @Test
    void aHistoryThatIsNotDecided_isInThePageToo() throws IOException {
        Recorder recorder = new Recorder(new AtomicLong()::incrementAndGet);
        ClientRecorder client = recorder.client("c");
        for (int i = 0; i < 6; i++) {
            client.delete("k").unknown();
            client.put("k", "v" + i).unknown();
        }
        client.get("k").ok("v3");
        List<Event> history = recorder.history();
        Inconclusive undecided = assertThrows(
                Inconclusive.class, () -> HistoryViolation.check(Checks.linearizable(history, 1), history));
        Rule rule = Rule.all().stream()
                .filter(one -> one.id().equals("G01"))
                .findAny()
                .orElseThrow();
        Path file = folder.resolve("report.html");
        RuleResult result = new RuleResult(rule, Verdict.INCONCLUSIVE, "undecided", undecided, List.of());
        HtmlReport.write(file, List.of(result), wrong(), 1, Set.of(), null);
        Matcher data = HISTORY.matcher(Files.readString(file));
        assertTrue(data.find());
        String lines = new String(Base64.getDecoder().decode(data.group(1)), StandardCharsets.US_ASCII);
        assertEquals(history, JsonLines.read(new BufferedReader(new StringReader(lines))));
    }

    @Test
    void drawing_showsUntilWhenEachHolderWasEntitled() {
        Recorder recorder = new Recorder(new AtomicLong(9)::incrementAndGet);
        for (int holder = 1; holder <= 2; holder++) {
            GrantCall grant = recorder.client("c" + holder).acquire("l");
            grant.sent();
            grant.granted(holder, 1_000_000);
        }
        List<Event> history = recorder.history();
        String drawing = Timeline.of(Checks.mutex(history, 0).violations().get(0), history, List.of());
        assertEquals(2, drawing.split("class=\"entitled\"", -1).length - 1, drawing);
    }

    @Test
    void drawing_tellsFaultsWithTheirTrueTimes() {
        Recorder recorder = new Recorder(new AtomicLong(9)::incrementAndGet);
        ClientRecorder client = recorder.client("c");
        client.get("k").ok("never written");
        List<Event> history = recorder.history();
        Finding finding = Checks.linearizable(history).violations().get(0);
        String drawing = Timeline.of(
                finding,
                history,
                List.of(
                        new RecordedFaults.Fault(Faults.Kind.PAUSE, 0, 2_000_010),
                        new RecordedFaults.Fault(Faults.Kind.KILL, 10, Long.MAX_VALUE),
                        new RecordedFaults.Fault(Faults.Kind.CUT, 2, 3)));
        assertContains("<title>PAUSE, from -0.0 µs, until +2.00 ms</title>", drawing);
        assertContains("<title>KILL, from +0.0 µs, never healed</title>", drawing);
        assertFalse(drawing.contains("CUT"), "a fault that was over before");
    }

    @Test
    void page_needsNothingElse() throws IOException {
        String page = page(wrong(), "G01,S02");
        assertFalse(
                Pattern.compile("(src|href)=\"(?!#|data:)|url\\((?!#)|@import|https?://")
                        .matcher(page)
                        .find(),
                page);
        assertFalse(page.contains("<script"), "a script");
        assertContains("prefers-color-scheme: dark", page);
        assertContains("name=\"viewport\"", page);
    }

    @Test
    void page_ofARightBackendIsGreenAndListsWhatNoRuleProves() throws IOException {
        StateStore right = new StrangerBackend.MapStore();
        TckSubject subject = TckSubject.of("right <b>", namespace -> Backends.over("map", Stores.of(right))
                .namespace(namespace)
                .open());
        String page = page(subject, "S01,S02");
        assertContains("<p class=\"banner pass\">conformant", page);
        assertContains("Holdfast TCK of right &lt;b&gt;", page);
        assertContains("a store that lies", page);
        assertFalse(page.contains("<h2>Not run"), "rules that nobody asked for");
        assertEquals(List.of("begin S01", "end S01 PASS", "begin S02", "end S02 PASS", "over PASS"), heard);
    }

    @Test
    void html_showsTextAsItIs() {
        assertEquals("&lt;a href=&quot;x&quot;&gt; &amp; ·\n", Html.escape("<a href=\"x\"> & \u0000\n"));
    }

    private static void assertContains(String expected, String page) {
        assertTrue(page.contains(expected), expected);
    }

    /** Grants everybody every lock, reads what was there before, and compares before it sets. */
    private static TckSubject wrong() {
        ManualTime time = new ManualTime();
        StateStore state = new StrangerBackend.MapStore();
        LockTable table = new LockTable(time, LockTable.Mistake.ALWAYS_GRANTS);
        BiFunction<String, ManualTime, Backend> opener = (namespace, clock) -> Backends.over(
                        "wrong",
                        new Stores(
                                WrongStores.checkThenWrite(WrongBackendsTest.staleReads(state)), table.client(), null))
                .namespace(namespace)
                .time(clock)
                .open();
        return TckSubject.of("a wrong backend", namespace -> opener.apply(namespace, time))
                .withTime(time)
                .withStoppedClients(opener);
    }

    private String page(TckSubject subject, String rules) throws IOException {
        WrongBackendsTest.Graded.current = subject.heardBy(new TckListener() {
            @Override
            public void begin(String rule, String statement) {
                heard.add("begin " + rule);
            }

            @Override
            public void end(String rule, Verdict verdict, String reason) {
                heard.add("end " + rule + " " + verdict);
            }

            @Override
            public void over(Verdict worst) {
                heard.add("over " + worst);
            }
        });
        Path file = folder.resolve("new").resolve("report.html");
        Path written = file.resolveSibling("report-" + WrongBackendsTest.Graded.class.getName() + ".html");
        EngineTestKit.engine("junit-jupiter")
                .configurationParameter("tck.rule", rules)
                .configurationParameter("tck.seed", "42")
                .configurationParameter("tck.patience", "PT2S")
                .configurationParameter("tck.report", file.toString())
                .selectors(selectClass(WrongBackendsTest.Graded.class))
                .execute();
        return Files.readString(written);
    }
}
