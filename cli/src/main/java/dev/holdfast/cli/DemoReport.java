package dev.holdfast.cli;

import dev.holdfast.backend.Backend;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tells a run of the demo, while it goes on and when it is over, on a page of 96 columns. One thread at a time. */
final class DemoReport implements Demo.Watcher {
    private static final int BAR = 30;
    private static final int MOST_AIRPORTS = 5;
    private static final int MOST_WRONG = 10;

    private DemoOptions options;
    private final Flights flights;
    private final Screen screen;
    private int told;
    private int quarters;

    DemoReport(DemoOptions options, Flights flights, Screen screen) {
        this.options = options;
        this.flights = flights;
        this.screen = screen;
    }

    // --- While it runs

    @Override
    public void begin(Backend store, DemoOptions begun) {
        options = begun;
        boolean processes = Demo.runsProcesses(store);
        screen.line(screen.bold("Holdfast demo") + (options.unsafe() ? ", " + screen.bad("without fencing") : ""));
        screen.line();
        line(
                "%,d flights from %d airports, in %d partitions, on %s; seed %d.",
                flights.size(), flights.totals().size(), options.partitions(), store, options.seed());
        line(
                "%d workers, each %s, claim partitions by lock: %,d ms, renewing itself.",
                options.workers(),
                processes ? "a process of its own" : "with a lock engine of its own",
                options.lease().toMillis());
        line(
                "They count %d records at a time and write the counts with the next offset in one %s batch.",
                options.chunk(), options.unsafe() ? "plain" : "fenced");
        line(
                "%s. On the way one worker %s, and one %s.",
                options.rate() == 0
                        ? "They read as fast as they can"
                        : format("Their source gives %,d records/s", options.rate()),
                processes ? "gets kill -9" : "is killed",
                processes ? "SIGSTOP" : "is paused");
        if (!processes) {
            line("This store serves one process only: workers are threads of it, their ends and pauses simulated.");
        }
        screen.line();
    }

    @Override
    public void look(Journal journal) {
        List<Journal.News> news = journal.newsAfter(told);
        told += news.size();
        news.forEach(one -> line("%6.2f s  %s", one.nanos() / 1e9, one.text()));
        double part = Math.min(1, (double) journal.committed() / flights.size());
        if (screen.isTerminal()) {
            int done = (int) (BAR * part);
            screen.status(format(
                    "%6.2f s  [%s%s] %3.0f %%  %,d records",
                    journal.elapsed() / 1e9,
                    "=".repeat(done),
                    " ".repeat(BAR - done),
                    Math.floor(100 * part),
                    journal.committed()));
        } else if ((int) (4 * part) > quarters) {
            quarters = (int) (4 * part);
            line("%6.2f s  %d %% of the records are counted", journal.elapsed() / 1e9, 25 * quarters);
        }
    }

    // --- When it is over

    void end(Run run) {
        screen.line();
        claims(run);
        numbers(run);
        if (run.audit().isExact()) {
            airports();
        }
        verdict(run);
    }

    /** Only the partitions in which something happened: of the others there is nothing to tell. */
    private void claims(Run run) {
        for (int partition = 0; partition < options.partitions(); partition++) {
            List<ClaimStory> claims = run.journal().claims(partition);
            if (claims.size() > 1) {
                screen.line(screen.bold("Partition " + partition + ", claim by claim"));
                line("  %8s  %-6s %8s  %8s  %-20s %s", "at", "worker", "from", "to", "fence", "end");
                claims.forEach(claim -> line(
                        "  %6.2f s  %-6s %,8d  %,8d  %-20d %s",
                        claim.nanos / 1e9, claim.worker, claim.from, claim.to, claim.fence, claim.end.words));
                screen.line();
            }
        }
    }

    private void numbers(Run run) {
        Journal journal = run.journal();
        double seconds = run.nanos() / 1e9;
        screen.line(screen.bold("Numbers"));
        line(
                "  records          %,d in %.1f s, %,.0f a second%s",
                journal.committed(),
                seconds,
                journal.committed() / seconds,
                options.rate() == 0 ? "" : format(" (held to %,d)", options.rate()));
        line("  counted in vain  %,d, in hand when their worker was killed or refused", journal.foldedInVain());
        line(
                "  commits          %,d; p50 %.3f ms, p99 %.3f ms",
                journal.commits(), journal.commitNanos(0.5) / 1e6, journal.commitNanos(0.99) / 1e6);
        line(
                "  claims           %,d of %d partitions, %d of them takeovers",
                journal.claims(), options.partitions(), journal.takeovers());
        line("  stale writes     %d refused, %d accepted", journal.refused(), journal.lateAccepted());
        line(
                "  failures         %,d of the store, %,d of them with unknown outcome",
                journal.failures(), journal.unknown());
        if (journal.setBack() > 0) {
            line("  set back         %,d records, committed and then not in the ledger any more", journal.setBack());
        }
        line(
                "  history          %,d writes checked: %s",
                run.history().checked(),
                run.history().isOk()
                        ? "none was accepted after one under a newer fence"
                        : run.history().violations().size() + " accepted after one under a newer fence");
        screen.line();
    }

    private void airports() {
        screen.line(screen.bold("The busiest airports"));
        line("  %-9s %8s  %13s  %12s  %12s", "airport", "flights", "15 min late", "mean delay", "longest");
        flights.totals().entrySet().stream()
                .sorted(Comparator.comparingLong(
                        (Map.Entry<String, Totals> one) -> -one.getValue().flights()))
                .limit(MOST_AIRPORTS)
                .forEach(one -> airport(one.getKey(), one.getValue()));
        screen.line();
    }

    private void airport(String name, Totals totals) {
        line(
                "  %-9s %,8d  %,6d (%2.0f %%)  %8.1f min  %,8d min",
                name,
                totals.flights(),
                totals.delayed(),
                100.0 * totals.delayed() / totals.flights(),
                (double) totals.delay() / totals.flights(),
                totals.longest());
    }

    private void verdict(Run run) {
        Audit audit = run.audit();
        if (audit.isExact()) {
            screen.line(screen.good("The ledger is exact.")
                    + format(
                            " All %,d numbers of %d airports equal a sequential count of the file.",
                            audit.airports() * Totals.NUMBERS, audit.airports()));
        } else {
            damage(audit);
        }
        if (!run.harmed()) {
            line("The run was too short to kill a worker and to pause one; give it less --rate or a smaller --chunk.");
        }
        if (options.unsafe() && !audit.isExact()) {
            why();
        }
    }

    private void damage(Audit audit) {
        screen.line(screen.bad("The ledger is wrong")
                + format(
                        " at %d of %d airports: %,d records counted twice, %,d lost.",
                        audit.wrong().size(), audit.airports(), audit.countedTwice(), audit.lost()));
        line("  %-9s %10s  %10s  %10s  %16s", "airport", "counted", "in truth", "off by", "delay off by");
        audit.wrong().stream()
                .limit(MOST_WRONG)
                .forEach(wrong -> line(
                        "  %-9s %,10d  %,10d  %+,10d  %+,12d min",
                        wrong.airport(),
                        wrong.found().flights(),
                        wrong.truth().flights(),
                        wrong.surplus(),
                        wrong.found().delay() - wrong.truth().delay()));
        if (audit.wrong().size() > MOST_WRONG) {
            line("  and %d more", audit.wrong().size() - MOST_WRONG);
        }
        if (!audit.unfinished().isEmpty()) {
            line("Not at their end: partitions %s.", audit.unfinished());
        }
        screen.line();
    }

    private void why() {
        line(
                "Why: the paused worker had looked at its lock before the pause, and wrote after it. That set the offset and");
        line("some airports back; what followed was counted again. A fence makes the scope refuse: ./holdfast demo.");
    }

    private void line(String format, Object... arguments) {
        screen.line(format(format, arguments));
    }

    private static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
