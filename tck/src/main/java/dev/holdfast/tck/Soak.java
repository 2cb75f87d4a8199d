package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.history.Checks;
import dev.holdfast.history.Event;
import dev.holdfast.history.FencedWrite;
import dev.holdfast.history.Finding;
import dev.holdfast.history.Grant;
import dev.holdfast.history.JsonLines;
import dev.holdfast.history.Outcome;
import dev.holdfast.history.Rule;
import dev.holdfast.spi.BackendException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A long run on a store that fails again and again: clients work at a steady pace, in rounds of some ten seconds, each with one fault,
 * and each round's history is judged. The same clients, locks and scopes last from the first round to the last.
 *
 * <p>What a backend declares that it may lose is counted apart, see {@link Losses}. Fences that do not rise, guards that lie and batches seen in part are never allowed. One thread.
 */
public final class Soak {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final double DRIFT = 0.01;

    /** What holds whatever the store has forgotten. */
    private static final Set<Rule> ALWAYS = EnumSet.of(Rule.FENCE, Rule.HONESTY, Rule.FRACTURED);

    private final TckSubject subject;
    private final long seed;
    private final int rate;
    private final @Nullable Path histories;
    private final Consumer<String> hearer;
    /** How long clients work before a fault, and after it. */
    private final Duration quiet;
    /** The shortest lease. */
    private final Duration steady;
    /** How long the machine may take for what must happen. */
    private final Duration patience;

    private final SoakTally tally = new SoakTally();
    private final List<Faults.Kind> bag = new ArrayList<>();
    /** By lock and by scope, what was highest in the rounds before: no later one may be lower. */
    private final Map<String, Grant> lastGrants = new HashMap<>();

    private final Map<String, FencedWrite> lastWrites = new HashMap<>();

    /**
     * @param subject with its {@linkplain TckSubject#withFaults faults}; without, nothing is done to the store
     * @param seed of the order and the length of the faults and of what clients do
     * @param rate how many steps of clients a second, at least 1
     * @param histories a folder for the histories of rounds with findings, made if it is not there; null for none
     * @param hearer is told a line after each round
     */
    public Soak(TckSubject subject, long seed, int rate, @Nullable Path histories, Consumer<String> hearer) {
        this(subject, seed, rate, histories, hearer, Duration.ofMillis(1_500), Bounds.STEADY, PATIENCE);
    }

    Soak(
            TckSubject subject,
            long seed,
            int rate,
            @Nullable Path histories,
            Consumer<String> hearer,
            Duration quiet,
            Duration steady,
            Duration patience) {
        this.subject = subject;
        this.seed = seed;
        this.rate = rate;
        this.histories = histories;
        this.hearer = hearer;
        this.quiet = quiet;
        this.steady = steady;
        this.patience = patience;
    }

    /** Goes on for this long, and one round at least; ends early if the store could not be healed. */
    public SoakTally run(Duration length) throws Exception {
        long start = System.nanoTime();
        Random random = new Random(seed);
        try (RuleSetting setting = new RuleSetting(subject, seed, 1, bounds())) {
            int number = 1;
            do {
                round(setting, number, random);
                hearer.accept(tally.brief());
                number++;
            } while (System.nanoTime() - start < length.toNanos());
        } catch (Inconclusive unhealed) {
            tally.undecided("NOT_HEALED");
            hearer.accept(unhealed.getMessage());
        }
        return tally;
    }

    /** What was counted so far. */
    public SoakTally tally() {
        return tally;
    }

    private Bounds bounds() {
        try (Backend client = subject.client("soak-calibration")) {
            return Bounds.measure(client.state(), client.limits().minLease(), patience, steady);
        }
    }

    private void round(RuleSetting setting, int number, Random random) throws Exception {
        Duration pace = Duration.ofSeconds(SoakRound.clients()).dividedBy(rate);
        SoakRound round = new SoakRound(setting, number, pace);
        round.begin();
        requireProgress(round);
        setting.passage().pass(quiet);
        Faults.Kind fault = subject.faults() == null ? null : next(setting.faults(), random);
        if (fault != null) {
            setting.passage().pass(Duration.ofMillis(random.nextInt(500)));
            inflict(setting, fault);
            setting.passage().pass(quiet.dividedBy(4).plusMillis(random.nextInt(2 * (int) quiet.toMillis())));
            setting.faults().heal();
            tally.outage(requireProgress(round));
        }
        setting.passage().pass(quiet);
        judge(number, fault, end(setting, round), setting);
    }

    private Duration requireProgress(SoakRound round) {
        try {
            return round.awaitProgress();
        } catch (AssertionError never) {
            tally.violation("NO_PROGRESS");
            hearer.accept("NO_PROGRESS: " + never.getMessage());
            return patience;
        }
    }

    private List<Event> end(RuleSetting setting, SoakRound round) throws Exception {
        List<Event> history;
        try {
            history = round.stop();
        } catch (BackendException | AssertionError stuck) {
            // Healed, and with progress seen: no client may hang, and the last look must not fail.
            tally.violation("NO_PROGRESS");
            hearer.accept("NO_PROGRESS: after " + setting.inflicted() + " " + stuck);
            history = round.seen();
        }
        for (Throwable strange : round.strange()) {
            tally.violation("STRANGE_ERROR");
            hearer.accept("STRANGE_ERROR: " + strange);
        }
        return history;
    }

    /** Every kind as often as every other. */
    private Faults.@Nullable Kind next(Faults faults, Random random) {
        if (bag.isEmpty()) {
            bag.addAll(faults.kinds());
            Collections.sort(bag);
            Collections.shuffle(bag, random);
        }
        return bag.isEmpty() ? null : bag.remove(bag.size() - 1);
    }

    /** A fault that could not be brought about, or that no client felt, counts as none; what it began is healed like any other. */
    private void inflict(RuleSetting setting, Faults.Kind fault) throws InterruptedException {
        RecordedFaults faults = setting.faults();
        try {
            faults.inflict(fault);
            if (fault == Faults.Kind.STALL_REPLICATION && faults.kinds().contains(Faults.Kind.FAILOVER)) {
                // What is acknowledged from here on is lost.
                setting.passage().pass(Duration.ofSeconds(1));
                faults.inflict(Faults.Kind.FAILOVER);
            }
            tally.fault(fault);
        } catch (Inconclusive impossible) {
            tally.missed(fault);
            hearer.accept(impossible.getMessage());
        }
    }

    // --- Judging

    private void judge(int number, Faults.@Nullable Kind fault, List<Event> seen, RuleSetting setting) {
        tally.round(seen);
        List<Event> history = new ArrayList<>(lastGrants.values());
        history.addAll(lastWrites.values());
        history.addAll(seen);
        dev.holdfast.history.Verdict verdict = Checks.all(history, DRIFT, Checks.DEFAULT_BUDGET);
        for (Finding finding : verdict.violations()) {
            String kind = finding.rule().name();
            if (isAllowed(finding.rule(), fault, setting)) {
                tally.allowed(kind);
            } else {
                tally.violation(kind);
                hearer.accept("round " + number + ", fault " + fault + ": " + finding);
            }
        }
        verdict.undecided().forEach(finding -> tally.undecided(finding.rule().name()));
        if (histories != null && !verdict.isOk()) {
            save(history, histories.resolve("round-" + number + ".jsonl"));
        }
        remember(seen);
    }

    private void save(List<Event> history, Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            JsonLines.save(history, file);
        } catch (IOException unsaved) {
            tally.undecided("HISTORY_NOT_SAVED");
            hearer.accept("the history " + file + " could not be saved: " + unsaved);
        }
    }

    private static boolean isAllowed(Rule rule, Faults.@Nullable Kind fault, RuleSetting setting) {
        if (ALWAYS.contains(rule) || fault == null) {
            return false;
        }
        Losses losses = new Losses(setting.client(), setting.faults().kinds());
        return rule == Rule.MUTEX ? losses.ofGrants(fault) : losses.ofState(fault);
    }

    private void remember(List<Event> seen) {
        for (Event event : seen) {
            if (event.outcome() != Outcome.OK) {
                continue;
            }
            if (event instanceof Grant grant) {
                lastGrants.merge(grant.lock(), grant, (a, b) -> a.fence() > b.fence() ? a : b);
            } else if (event instanceof FencedWrite write) {
                lastWrites.merge(write.scope(), write, (a, b) -> a.fence() > b.fence() ? a : b);
            }
        }
    }
}
