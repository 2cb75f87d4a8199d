package dev.holdfast.cli;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckListener;
import dev.holdfast.tck.TckSubject;
import dev.holdfast.tck.Verdict;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the kit on a backend, and tells of it. One thread at a time. */
final class TckCommand implements TckListener {
    private final TckOptions options;
    private final Screen screen;
    private final Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
    private final Set<String> begun = new HashSet<>();
    private @Nullable Verdict worst;

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
        try (LocalStore local = LocalStore.isNamed(options.backend()) ? start() : null) {
            String url = local == null ? options.backend() : local.url();
            requireWell(url);
            TckSubject subject = TckSubject.open(url).heardBy(this);
            graded = local == null ? subject : subject.withFaults(local.faults());
            // Of a store that cannot be broken, soak does not ask for what it cannot have.
            boolean core = options.profile() == TckOptions.Profile.CORE
                    || (options.profile() == TckOptions.Profile.SOAK && local == null);
            if (options.profile() == TckOptions.Profile.SOAK) {
                soak(core);
            } else {
                round(options.seed(), core);
            }
        }
        options.rules().stream()
                .filter(rule -> !begun.contains(rule))
                .findFirst()
                .ifPresent(rule -> {
                    throw new UsageException(
                            "--rule names " + rule + ", which is not in the kit, or not in its profile "
                                    + options.profile().name().toLowerCase(Locale.ROOT));
                });
        return isGood() ? Main.OK : Main.WRONG;
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

    /** Rounds with one seed after the other, until the time is over or a round was not good. */
    private void soak(boolean core) {
        long end = System.nanoTime() + Duration.ofMinutes(options.minutes()).toNanos();
        int rounds = 0;
        do {
            round(options.seed() + rounds, core);
            rounds++;
            screen.line("round " + rounds + ": " + (isGood() ? "good" : "not good"));
        } while (isGood() && System.nanoTime() - end < 0);
    }

    private void round(long seed, boolean core) {
        counts.clear();
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(Graded.class))
                .configurationParameter("tck.seed", Long.toString(seed));
        if (core) {
            request.configurationParameter("tck.profile", "core");
        }
        if (!options.rules().isEmpty()) {
            request.configurationParameter("tck.rule", String.join(",", options.rules()));
        }
        if (options.report() != null) {
            request.configurationParameter("tck.report", options.report().toString());
        }
        LauncherDiscoveryRequest built = request.build();
        LauncherFactory.create().execute(built);
    }

    /** Nothing that was asked for is left unproven. */
    private boolean isGood() {
        return worst != null && worst.compareTo(Verdict.WAIVED) >= 0;
    }

    // --- What the kit tells

    @Override
    public void begin(String rule, String statement) {
        begun.add(rule);
        String text = counts + "  " + rule + " " + statement;
        screen.status(text.substring(0, Math.min(text.length(), 96)));
    }

    @Override
    public void end(String rule, Verdict verdict, String reason) {
        counts.merge(verdict, 1, Integer::sum);
        if (verdict == Verdict.FAIL || verdict == Verdict.INCONCLUSIVE) {
            String first = reason.lines().findFirst().orElse("");
            screen.line(screen.bad(verdict.name()) + " " + rule + " " + first);
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
