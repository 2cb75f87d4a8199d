package dev.holdfast.cli;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.Soak;
import dev.holdfast.tck.SoakTally;
import dev.holdfast.tck.TckListener;
import dev.holdfast.tck.TckSubject;
import dev.holdfast.tck.Verdict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the kit on a backend, and tells of it. One thread at a time. */
final class TckCommand implements TckListener {
    private final TckOptions options;
    private final Screen screen;
    private final Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
    private @Nullable Verdict worst;
    private boolean failed;

    /** JUnit makes the test itself, and can be given no argument but by such a field. */
    private static volatile @Nullable TckSubject graded;

    /** What JUnit runs. */
    static final class Graded extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Objects.requireNonNull(graded);
        }
    }

    TckCommand(TckOptions options, Screen screen) {
        this.options = options;
        this.screen = screen;
    }

    /** Throws {@link dev.holdfast.spi.BackendException} if the store cannot be opened. */
    int run() {
        try (LocalStore local = LocalStore.isNamed(options.backend()) ? start() : null;
                ChosenFaults chosen =
                        options.faults() == null ? null : ChosenFaults.of(options.faults(), options.backend())) {
            String url = local != null ? local.url() : chosen != null ? chosen.url() : options.backend();
            requireWell(url);
            TckSubject subject = TckSubject.open(url).heardBy(this);
            if (local != null) {
                subject = subject.withFaults(local.faults());
            } else if (chosen != null) {
                subject = subject.withFaults(chosen.faults());
            }
            return options.profile() == TckOptions.Profile.SOAK ? soak(subject) : grade(subject);
        }
    }

    private LocalStore start() {
        screen.status("Starting " + options.backend());
        return LocalStore.start(options.backend());
    }

    /** So that a store that is not there is told once, and not by every rule. */
    private static void requireWell(String url) {
        try (Backend store = Backends.open(url)) {
            Demo.requireWell(store);
        }
    }

    private int soak(TckSubject subject) {
        screen.line("Soak of " + options.shown() + ", seed " + options.seed() + ", for " + options.minutes()
                + " minutes at " + options.rate() + " steps a second");
        Soak soak = new Soak(subject, options.seed(), options.rate(), options.histories(), screen::line);
        SoakTally tally = soak.tally();
        try {
            soak.run(Duration.ofMinutes(options.minutes()));
        } catch (RuntimeException known) {
            throw known;
        } catch (Exception trouble) {
            throw new IllegalStateException("the soak ended early", trouble);
        } finally {
            screen.line(tally.toString());
        }
        Verdict verdict = tally.verdict();
        screen.line(verdict == Verdict.PASS ? screen.good("good") : screen.bad(verdict.name()));
        return verdict == Verdict.PASS ? Main.OK : Main.WRONG;
    }

    private int grade(TckSubject subject) {
        graded = subject;
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(Graded.class))
                .configurationParameter("tck.seed", Long.toString(options.seed()));
        if (options.profile() == TckOptions.Profile.CORE) {
            request.configurationParameter("tck.profile", "core");
        }
        if (!options.rules().isEmpty()) {
            request.configurationParameter("tck.rule", String.join(",", options.rules()));
        }
        if (options.report() != null) {
            request.configurationParameter("tck.report", options.report().toString());
        }
        request.configurationParameter("tck.command", options.command());
        LauncherDiscoveryRequest built = request.build();
        LauncherFactory.create().execute(built, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                    result.getThrowable().ifPresent(trouble -> tell(test, trouble));
                }
            }
        });
        return isGood() ? Main.OK : Main.WRONG;
    }

    /** Of what is no verdict on a rule: that no rule could be run, or that the kit failed; and where. */
    private void tell(TestIdentifier test, Throwable trouble) {
        if (trouble instanceof AssertionError && !test.isContainer()) {
            return;
        }
        failed = true;
        StringWriter stack = new StringWriter();
        trouble.printStackTrace(new PrintWriter(stack));
        screen.line(screen.bad("No verdict") + ": " + stack.toString().stripTrailing());
    }

    /** Nothing that was asked for is left unproven. */
    private boolean isGood() {
        return !failed && worst != null && worst.compareTo(Verdict.WAIVED) >= 0;
    }

    // --- What the kit tells

    @Override
    public void begin(String rule, String statement) {
        String text = counts + "  " + rule + " " + statement;
        screen.status(text.substring(0, Math.min(text.length(), 96)));
    }

    @Override
    public void end(String rule, Verdict verdict, String reason) {
        counts.merge(verdict, 1, Integer::sum);
        if (verdict == Verdict.FAIL || verdict == Verdict.INCONCLUSIVE) {
            screen.line(screen.bad(verdict.name()) + " " + rule + " " + reason);
            screen.line("  replay: " + options.command() + " --rule " + rule + " --seed " + options.seed());
        }
    }

    @Override
    public void over(Verdict worstOfAll) {
        worst = worstOfAll;
        screen.clearStatus();
        if (options.report() != null) {
            screen.line("The report is in " + options.report());
        }
    }
}
