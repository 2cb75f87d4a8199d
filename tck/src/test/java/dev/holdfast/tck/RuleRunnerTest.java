package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Time;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;

/** What becomes of rules whose backend is slow, hangs, or is not there; and how they sit in an author's build. */
@Timeout(100)
class RuleRunnerTest {
    @TempDir
    private Path folder;

    private final Map<String, Verdict> verdicts = new TreeMap<>();

    // --- Verdicts

    @ParameterizedTest
    @ValueSource(strings = {"T03", "T05"})
    void aPauseLongerThanATimeToLive_isInconclusiveAndFailsTheTest(String rule) {
        ManualTime time = new ManualTime();
        StateStore slow = new ForwardingStateStore(new FullMapStore(time)) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return super.write(space, mutation).map(done -> {
                    time.advance(Duration.ofMillis(mutation.ttlMillis()));
                    return done;
                });
            }
        };
        assertInconclusive(rule, subject(slow, null, time).withTime(time));
    }

    @ParameterizedTest
    @ValueSource(strings = {"X10", "X11", "R16"})
    void aPauseLongerThanALease_isInconclusiveAndFailsTheTest(String rule) {
        // X11 and R16 hold another lock besides, which no pause should cost.
        assertInconclusive(
                rule,
                subject(
                        new FullMapStore(Time.system()),
                        slow(new LockTable(Time.system(), LockTable.Mistake.NONE).client()),
                        Time.system()));
    }

    /** Whose answers to grants and renewals of short leases come when those are over. */
    private static LockStore slow(LockStore right) {
        return new ForwardingLockStore(right) {
            @Override
            public Call<GrantReply> tryGrant(GrantRequest request) {
                return Call.of(() -> late(super.tryGrant(request).await(), request.ttlMillis()));
            }

            @Override
            public Call<List<RenewReply>> renew(List<Renewal> renewals) {
                return Call.of(() ->
                        late(super.renew(renewals).await(), renewals.get(0).ttlMillis()));
            }

            private <T> T late(T answer, long millis) {
                if (millis < 1_900) {
                    LockSupport.parkNanos(millis * 1_050_000);
                }
                return answer;
            }
        };
    }

    private void assertInconclusive(String rule, TckSubject subject) {
        Events tests = run(rule, subject, "PT2S").testEvents();
        assertEquals(Map.of(rule, Verdict.INCONCLUSIVE), verdicts, () -> messages(tests));
        assertEquals(1, tests.failed().count(), "red in a build");
        String message = messages(tests);
        assertTrue(message.contains("INCONCLUSIVE after 3 tries: "), message);
        assertTrue(message.contains("replay: -Dtck.rule=" + rule + " -Dtck.seed="), message);
    }

    @Test
    void anAssumptionOfTheAuthor_isNotRunAndNotAbsent() {
        Events tests = run("S01", subject(new ForwardingStateStore(new StrangerBackend.MapStore()) {
                    private final AtomicInteger reads = new AtomicInteger();

                    @Override
                    public Call<Stored> read(Space space, Key key) {
                        // Measuring reads too.
                        assumeTrue(reads.incrementAndGet() <= 200, "the licence is over");
                        return super.read(space, key);
                    }
                }))
                .testEvents();
        assertEquals(Map.of("S01", Verdict.NOT_RUN), verdicts);
        assertEquals(1, tests.aborted().count());
    }

    // --- Backends that hang, or are not there

    /** With a bound that nobody has to wait for. */
    @Test
    void codeThatHangs_isInterruptedAndToldWithItsPlace() {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        AssertionError late = assertThrows(
                AssertionError.class,
                () -> Watchdog.run("the rule", Duration.ofMillis(300), () -> {
                    try {
                        hang(never);
                    } finally {
                        interrupted.countDown();
                    }
                }));
        assertEquals("the rule did not end within PT0.3S", late.getMessage());
        assertTrue(
                Arrays.stream(late.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("hang")),
                () -> Arrays.toString(late.getStackTrace()));
        assertEquals(0, interrupted.getCount(), "interrupted");
    }

    private static void hang(CountDownLatch never) throws InterruptedException {
        never.await();
    }

    @Test
    void aTryMayTakeAsLongAsTheStoresLeasesNeed() {
        Duration session = Duration.ofSeconds(40);
        Bounds bounds = new Bounds(Duration.ofMillis(1), session, Bounds.PATIENCE, Bounds.STEADY);
        for (int scale = 1; scale <= 4; scale *= 2) {
            Duration bound = bounds.ofOneTry(Duration.ofMinutes(2), scale);
            assertTrue(bound.compareTo(session.multipliedBy(10L * scale)) > 0, () -> "a try in " + bound);
        }
    }

    @Test
    void aBackendThatCannotBeRead_isToldOnceWithItsPlaceAndHasAPage() throws IOException {
        EngineExecutionResults results =
                run("S01,S02,S03", subject(new ForwardingStateStore(new StrangerBackend.MapStore()) {
                    @Override
                    public Call<Stored> read(Space space, Key key) {
                        throw new NullPointerException("thrown by the author's code");
                    }
                }));
        assertUnopened(results, "thrown by the author's code");
        String page = Files.readString(page());
        assertTrue(page.contains("BROKEN") && page.contains("thrown by the author"), page);
    }

    @Test
    void aSubjectThatThrows_isToldOnce() {
        verdicts.putAll(Map.of("S01", Verdict.FAIL, "S02", Verdict.NOT_RUN, "S03", Verdict.NOT_RUN));
        assertUnopened(run("S01,S02,S03", null), "no subject today");
    }

    @Test
    void aWaiverOfNoRule_isToldOnce() {
        assertUnopened(
                run("S01,S02,S03", subject(new StrangerBackend.MapStore()).waive("S99", "why not", "9999-12-31")),
                "no rule S99 to waive");
    }

    private void assertUnopened(EngineExecutionResults results, String cause) {
        assertEquals(
                Map.of("S01", Verdict.FAIL, "S02", Verdict.NOT_RUN, "S03", Verdict.NOT_RUN),
                verdicts,
                () -> messages(results.testEvents()));
        assertEquals(0, results.containerEvents().failed().count(), "containers that tell it again");
        List<Throwable> told = thrown(results.testEvents());
        assertEquals(1, told.size(), told::toString);
        assertTrue(told.get(0).getMessage().contains(cause), told::toString);
        Throwable author = told.get(0).getCause();
        assertNotNull(author);
        assertTrue(
                Arrays.stream(author.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().startsWith(RuleRunnerTest.class.getName())
                                || cause.startsWith("no rule")),
                () -> Arrays.toString(author.getStackTrace()));
    }

    // --- In a build

    @Test
    void everyClass_hasAPageOfItsOwn() throws IOException {
        run(
                "S01",
                WrongBackendsTest.wrongBackends()
                        .findFirst()
                        .orElseThrow()
                        .subject()
                        .get());
        Path first = page();
        EngineTestKit.engine("junit-jupiter")
                .configurationParameter("tck.rule", "S01")
                .configurationParameter("tck.report", folder.resolve("tck.html").toString())
                .selectors(selectClass(StrangerBackendTckTest.class))
                .execute();
        assertTrue(Files.readString(first).contains("BROKEN"), "the page of the first class");
        assertTrue(
                Files.readString(folder.resolve("tck-" + StrangerBackendTckTest.class.getName() + ".html"))
                        .contains("conformant"),
                "the page of the second class");
    }

    /** That of two classes of an author's parallel build all rules come one after the other. */
    @Test
    void rulesRunOneByOne_alsoWhereTestsRunInParallel() {
        AtomicInteger running = new AtomicInteger();
        List<Integer> most = Collections.synchronizedList(new ArrayList<>());
        subject = subject(new StrangerBackend.MapStore()).heardBy(new TckListener() {
            @Override
            public void begin(String rule, String statement) {
                most.add(running.incrementAndGet());
                LockSupport.parkNanos(5_000_000);
            }

            @Override
            public void end(String rule, Verdict verdict, String reason) {
                running.decrementAndGet();
            }
        });
        EngineTestKit.engine("junit-jupiter")
                .configurationParameter("tck.rule", "S01,S02,S04,K01,K02,C01,C02,B01,Q01")
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.mode.classes.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "4")
                .selectors(selectClass(Graded.class), selectClass(AlsoGraded.class))
                .execute();
        assertEquals(18, most.size(), "rules run");
        assertEquals(Collections.nCopies(18, 1), most, "rules at the same time");
    }

    // --- The backends

    private static TckSubject subject;

    /** Named so that no build takes it for a test of its own. */
    static class Graded extends BackendTck {
        @Override
        protected TckSubject subject() {
            if (subject == null) {
                throw new IllegalStateException("no subject today");
            }
            return subject;
        }
    }

    static class AlsoGraded extends Graded {}

    private static TckSubject subject(StateStore store) {
        return subject(store, null, Time.system());
    }

    private static TckSubject subject(StateStore store, LockStore locks, Time time) {
        return TckSubject.of("a backend", namespace -> Backends.over("runner", new Stores(store, locks, null))
                .namespace(namespace)
                .time(time)
                .open());
    }

    private EngineExecutionResults run(String rules, TckSubject graded) {
        return run(rules, graded, "PT0.5S");
    }

    private EngineExecutionResults run(String rules, TckSubject graded, String patience) {
        subject = graded == null
                ? null
                : graded.heardBy(new TckListener() {
                    @Override
                    public void end(String rule, Verdict verdict, String reason) {
                        verdicts.put(rule, verdict);
                    }
                });
        return EngineTestKit.engine("junit-jupiter")
                .configurationParameter("tck.rule", rules)
                .configurationParameter("tck.patience", patience)
                .configurationParameter("tck.report", folder.resolve("tck.html").toString())
                .selectors(selectClass(Graded.class))
                .execute();
    }

    private Path page() {
        return folder.resolve("tck-" + Graded.class.getName() + ".html");
    }

    private static List<Throwable> thrown(Events tests) {
        return tests.failed().stream().flatMap(RuleRunnerTest::thrown).toList();
    }

    private static Stream<Throwable> thrown(Event event) {
        return event.getRequiredPayload(TestExecutionResult.class).getThrowable().stream();
    }

    private static String messages(Events tests) {
        return String.join("\n", thrown(tests).stream().map(Throwable::toString).toList());
    }
}
