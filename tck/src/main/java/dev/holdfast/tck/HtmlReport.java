package dev.holdfast.tck;

import dev.holdfast.history.Event;
import dev.holdfast.history.Finding;
import dev.holdfast.history.JsonLines;
import dev.holdfast.spi.Capability;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.opentest4j.AssertionFailedError;

/**
 * The report as one page that needs nothing else: what was not proven first, then all rules, each with its statement and its intent. A
 * rule broken by a recorded history is drawn, and its history is in the page. Whoever runs the kit asks for it by
 * {@code tck.report}.
 */
public final class HtmlReport {
    /** Of the findings in one history; more would say the same again. */
    private static final int MOST_DRAWN = 3;

    private final List<RuleResult> results;
    private final TckSubject subject;
    private final long seed;
    private final @Nullable String command;
    private final Contract contract = Contract.load();
    private final StringBuilder page = new StringBuilder();

    private HtmlReport(List<RuleResult> results, TckSubject subject, long seed, @Nullable String command) {
        this.results = results;
        this.subject = subject;
        this.seed = seed;
        this.command = command;
    }

    /**
     * Makes the folders that are missing. Throws {@link IllegalArgumentException} for a place where no page can be.
     *
     * @param option what names the file
     */
    public static void requireWritable(Path file, String option) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            // Only the attempt knows of links, of rights and of systems of files that take nothing.
            boolean isThere = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    .close();
            if (!isThere) {
                Files.delete(file);
            }
        } catch (IOException refused) {
            throw new IllegalArgumentException(
                    option + " names \"" + file + "\", which cannot be written (" + refused + "); name another place",
                    refused);
        }
    }

    /**
     * Writes the page to a file, replacing it.
     *
     * @param command what has run the kit, or null if a build has
     */
    static void write(
            Path file,
            List<RuleResult> results,
            TckSubject subject,
            long seed,
            Set<Capability> capabilities,
            @Nullable String command)
            throws IOException {
        Files.writeString(file, new HtmlReport(results, subject, seed, command).page(capabilities));
    }

    private String page(Set<Capability> capabilities) {
        String title = "Holdfast TCK of " + subject;
        page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>")
                .append(Html.escape(title))
                .append("</title>\n<style>\n")
                .append(styles())
                .append("</style></head><body>\n");
        head(title, capabilities);
        section("Broken", Verdict.FAIL, this::card);
        section("Inconclusive", Verdict.INCONCLUSIVE, this::row);
        section("Not run", Verdict.NOT_RUN, this::row);
        section("Waived", Verdict.WAIVED, this::card);
        map();
        chapters();
        untested();
        return page.append("</body></html>\n").toString();
    }

    private static String styles() {
        try (InputStream file = Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.css"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException damaged) {
            throw new UncheckedIOException("report.css cannot be read", damaged);
        }
    }

    // --- The top

    private void head(String title, Set<Capability> capabilities) {
        Verdict worst = TckReport.worst(results);
        element("h1", title);
        page.append("<p class=\"banner ").append(type(worst)).append("\">");
        page.append(Html.escape(TckReport.headline(results))).append("</p>\n<p class=\"counts\">");
        Map<Verdict, Integer> counts = TckReport.count(results);
        for (Verdict verdict : Verdict.values()) {
            int count = counts.getOrDefault(verdict, 0);
            if (count > 0) {
                page.append("<span class=\"tag ").append(type(verdict)).append("\">");
                page.append(count).append(' ').append(words(verdict)).append("</span> ");
            }
        }
        page.append("</p>\n<dl class=\"facts\">");
        fact(
                "declares",
                capabilities.isEmpty()
                        ? "nothing"
                        : String.join(
                                ", ",
                                capabilities.stream().sorted().map(Enum::name).toList()));
        fact("seed", Long.toString(seed));
        fact("Java", Runtime.version() + " on " + System.getProperty("os.name"));
        fact("written", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        page.append("</dl>\n");
    }

    private void fact(String name, String value) {
        element("dt", name);
        element("dd", value);
    }

    // --- What was not proven

    private interface Form {
        void show(RuleResult result);
    }

    private void section(String title, Verdict verdict, Form form) {
        List<RuleResult> some =
                results.stream().filter(result -> result.verdict() == verdict).toList();
        if (!some.isEmpty()) {
            page.append("<section>\n");
            element("h2", title);
            some.forEach(form::show);
            page.append("</section>\n");
        }
    }

    private void row(RuleResult result) {
        page.append("<article id=\"").append(result.rule().id()).append("\" class=\"row ");
        page.append(type(result.verdict())).append("\">");
        heading(result);
        element("p", result.reason());
        if (result.seen() instanceof Inconclusive undecided
                && !undecided.history().isEmpty()) {
            whole(result.rule(), undecided.history());
        }
        page.append("</article>\n");
    }

    private void card(RuleResult result) {
        Contract.Entry entry = contract.entry(result.rule());
        page.append("<article id=\"").append(result.rule().id()).append("\" class=\"card ");
        page.append(type(result.verdict())).append("\">");
        heading(result);
        page.append("<p class=\"intent\"><b>")
                .append(Html.escape(entry.level()))
                .append(".</b> Intent: ");
        page.append(Html.escape(entry.intent())).append("</p>\n");
        if (result.verdict() == Verdict.WAIVED) {
            element("p", "Waived: " + result.reason());
        }
        seen(result);
        replay(result.rule());
        page.append("</article>\n");
    }

    private void heading(RuleResult result) {
        Contract.Entry entry = contract.entry(result.rule());
        page.append("<h3><span class=\"tag ").append(type(result.verdict())).append("\">");
        page.append(result.rule().id()).append("</span> ");
        page.append(Html.escape(entry.statement())).append("</h3>\n");
    }

    private void seen(RuleResult result) {
        Throwable seen = result.seen();
        if (seen instanceof HistoryViolation violation) {
            history(result, violation);
            return;
        }
        if (seen instanceof AssertionFailedError failed && failed.isExpectedDefined() && failed.isActualDefined()) {
            page.append("<dl class=\"facts\">");
            fact("expected", failed.getExpected().getStringRepresentation());
            fact("seen", failed.getActual().getStringRepresentation());
            page.append("</dl>\n");
        }
        element("pre", seen == null ? result.reason() : told(seen));
        if (seen != null) {
            where(seen);
        }
    }

    private static String told(Throwable seen) {
        return seen instanceof AssertionError && seen.getMessage() != null ? seen.getMessage() : seen.toString();
    }

    /** The lines of the rule that saw it, and what it was caused by. */
    private void where(Throwable seen) {
        page.append("<details><summary>where</summary><pre>");
        for (Throwable one = seen; one != null; one = one.getCause()) {
            if (one != seen) {
                page.append(Html.escape("caused by " + one)).append('\n');
            }
            for (StackTraceElement frame : one.getStackTrace()) {
                if (frame.getClassName().startsWith("dev.holdfast") || one != seen) {
                    page.append("  ").append(Html.escape(frame.toString())).append('\n');
                }
            }
        }
        page.append("</pre></details>\n");
    }

    private void history(RuleResult result, HistoryViolation violation) {
        List<Finding> findings = violation.proof().violations();
        for (Finding finding : findings.subList(0, Math.min(MOST_DRAWN, findings.size()))) {
            element("p", finding.rule() + ": " + finding.message());
            page.append("<div class=\"scroll\" tabindex=\"0\">");
            page.append(Timeline.of(finding, violation.history(), result.faults()));
            page.append("</div>\n<ol class=\"culprits\">");
            Timeline.culprits(finding, violation.history()).forEach(culprit -> element("li", culprit));
            page.append("</ol>\n");
        }
        page.append(
                "<p class=\"legend\">Bars reach from the call to its return, in the order of their moments, not to scale."
                        + " <span class=\"key ok\"></span> done <span class=\"key refused\"></span> refused or failed"
                        + " <span class=\"key unknown\"></span> unknown <span class=\"key entitled\"></span> entitled"
                        + " <span class=\"key fault\"></span> fault <span class=\"key culprit\"></span> culprit</p>\n");
        whole(result.rule(), violation.history());
    }

    private void whole(Rule rule, List<Event> history) {
        page.append("<p><a download=\"").append(rule.id()).append("-history.jsonl\" href=\"");
        page.append(data(history)).append("\">The whole history</a>, ");
        page.append(history.size()).append(" events</p>\n");
    }

    private static String data(List<Event> history) {
        StringBuilder lines = new StringBuilder();
        try {
            JsonLines.write(history, lines);
        } catch (IOException never) {
            throw new UncheckedIOException("a StringBuilder takes everything", never);
        }
        return "data:application/jsonl;base64,"
                + Base64.getEncoder().encodeToString(lines.toString().getBytes(StandardCharsets.US_ASCII));
    }

    private void replay(Rule rule) {
        element(
                "pre",
                command == null
                        ? "mvn test -Dtck.rule=" + rule.id() + " -Dtck.seed=" + seed
                        : command + " --rule " + rule.id() + " --seed " + seed);
    }

    // --- All rules

    /** A tile for each rule, by chapter. */
    private void map() {
        page.append("<section>\n");
        element("h2", "All rules");
        page.append("<table class=\"map\">");
        TckReport.chapters(results).forEach((chapter, rules) -> {
            page.append("<tr><th scope=\"row\">").append(chapter).append("</th><td>");
            element("span", contract.chapter(chapter));
            page.append("</td><td>");
            rules.forEach(result -> page.append("<a class=\"tile ")
                    .append(type(result.verdict()))
                    .append("\" href=\"#")
                    .append(result.rule().id())
                    .append("\" title=\"")
                    .append(Html.escape(result.rule() + ": " + words(result.verdict())))
                    .append("\">")
                    .append(result.rule().id())
                    .append("</a>"));
            page.append("</td></tr>\n");
        });
        page.append("</table>\n</section>\n");
    }

    /** What holds, and what does not apply. */
    private void chapters() {
        TckReport.chapters(results).forEach((chapter, rules) -> {
            List<RuleResult> quiet = rules.stream()
                    .filter(result -> result.verdict() == Verdict.PASS || result.verdict() == Verdict.ABSENT)
                    .toList();
            if (!quiet.isEmpty()) {
                page.append("<details><summary>");
                page.append(Html.escape(chapter + ", " + contract.chapter(chapter) + ": " + quiet.size()));
                page.append(" that hold or do not apply</summary>\n");
                quiet.forEach(this::row);
                page.append("</details>\n");
            }
        });
    }

    private void untested() {
        page.append("<section>\n");
        element("h2", "What no rule can prove");
        page.append("<ul>");
        contract.untested().forEach(one -> element("li", one));
        page.append("</ul>\n</section>\n");
    }

    // --- Small words

    private void element(String name, @Nullable String text) {
        page.append('<').append(name).append('>');
        page.append(Html.escape(String.valueOf(text)));
        page.append("</").append(name).append(">\n");
    }

    private static String words(Verdict verdict) {
        return verdict.name().replace('_', ' ').toLowerCase(Locale.ROOT);
    }

    /** The class of the style sheet. */
    private static String type(Verdict verdict) {
        return verdict.name().replace('_', '-').toLowerCase(Locale.ROOT);
    }
}
