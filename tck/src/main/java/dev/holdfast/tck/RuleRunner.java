package dev.holdfast.tck;

import dev.holdfast.spi.Capability;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/**
 * Runs the rules: gives each its clients, aborts those that do not apply, repeats those that were inconclusive (never one that
 * failed), and reports.
 */
final class RuleRunner implements ExecutionCondition, InvocationInterceptor, AfterAllCallback {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(RuleRunner.class);
    private static final int TRIES = 3;
    /** How long the backend may take to be opened and measured, of which nothing is known yet. */
    private static final Duration OPENING = Duration.ofMinutes(2);

    /** What the rules of one test class share. */
    private static final class Run {
        final TckSubject subject;
        final long seed;
        final TckReport report;
        /** Why the backend could not be opened or measured, if so; told by the first rule alone. */
        final @Nullable Throwable unopened;

        private boolean told;
        private Bounds bounds = new Bounds(Duration.ZERO, Duration.ZERO, Bounds.PATIENCE, Bounds.STEADY);
        private Set<Capability> capabilities = Set.of();
        /** What the rule that runs, or ran last, has done to the store. */
        List<RecordedFaults.Fault> faults = List.of();

        Run(TckSubject subject, long seed, Duration patience, Duration steady, TckReport report) {
            this.subject = subject;
            this.seed = seed;
            this.report = report;
            unopened = open(patience, steady);
        }

        private @Nullable Throwable open(Duration patience, Duration steady) {
            return seen("to open and measure the backend", OPENING, () -> {
                subject.waivers().forEach(waiver -> {
                    if (Rule.all().stream().noneMatch(rule -> rule.id().equals(waiver.rule()))) {
                        throw new IllegalArgumentException("no rule " + waiver.rule() + " to waive");
                    }
                });
                try (RuleSetting setting = new RuleSetting(subject, seed, 1, null)) {
                    capabilities = setting.client().capabilities();
                    bounds = Bounds.measure(
                            setting.client().state(), setting.client().limits().minLease(), patience, steady);
                }
            });
        }

        /** Throws if there is no backend: an assumption of the author to every rule, a failure to the first. */
        void requireOpened() {
            if (unopened instanceof TestAbortedException aborted) {
                throw aborted;
            }
            if (unopened != null && told) {
                throw new NotRun("the backend could not be opened, as the first rule tells");
            }
            if (unopened != null) {
                told = true;
                throw new Unopened(unopened);
            }
        }

        void begin(Rule rule) {
            faults = List.of();
            subject.listener().begin(rule.id(), rule.statement());
        }

        void end(Rule rule, Verdict verdict, @Nullable String reason, @Nullable Throwable seen) {
            RuleResult result = new RuleResult(rule, verdict, reason == null ? "" : reason, seen, faults);
            report.add(result);
            subject.listener().end(rule.id(), verdict, result.headline());
        }
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (context.getTestClass().isPresent() && isAuthors(context)) {
            requireSense(context);
        }
        if (context.getTestMethod().isEmpty() || isAskedFor(context, Rule.of(context.getRequiredTestMethod()))) {
            return ConditionEvaluationResult.enabled("asked for");
        }
        return ConditionEvaluationResult.disabled("other rules were asked for");
    }

    /** A rule that is misspelt would run nothing, and a page that cannot be written would be missed only in the end. */
    private static void requireSense(ExtensionContext context) {
        List<String> ids = Rule.all().stream().map(Rule::id).toList();
        context.getConfigurationParameter("tck.rule")
                .flatMap(asked -> Arrays.stream(asked.split(",", -1))
                        .filter(id -> !ids.contains(id))
                        .findFirst())
                .ifPresent(id -> {
                    throw new IllegalArgumentException("tck.rule names \"" + id
                            + "\", which is no rule of the kit; name some as in C05 or C05,G01");
                });
        page(context).ifPresent(file -> HtmlReport.requireWritable(file, "tck.report"));
    }

    /** Where the page of the author's class goes: in a build it bears the name of the class, since others write theirs beside it. */
    private static Optional<Path> page(ExtensionContext context) {
        Optional<Path> asked = context.getConfigurationParameter("tck.report", Path::of);
        if (context.getConfigurationParameter("tck.command").isPresent()) {
            return asked;
        }
        String test = context.getRequiredTestClass().getName();
        return asked.map(file -> {
            String name = file.getFileName().toString();
            int extension = name.lastIndexOf('.') < 0 ? name.length() : name.lastIndexOf('.');
            return file.resolveSibling(name.substring(0, extension) + "-" + test + name.substring(extension));
        });
    }

    private static boolean isAskedFor(ExtensionContext context, Rule rule) {
        if (context.getConfigurationParameter("tck.profile").orElse("").equals("core") && rule.needsFaults()) {
            return false;
        }
        return context.getConfigurationParameter("tck.rule")
                .map(ids -> Arrays.asList(ids.split(",")).contains(rule.id()))
                .orElse(true);
    }

    @Override
    public void interceptTestMethod(
            Invocation<@Nullable Void> invocation,
            ReflectiveInvocationContext<Method> invoked,
            ExtensionContext context)
            throws Throwable {
        // The rule is invoked here, not by the chain: an invocation can proceed only once.
        invocation.skip();
        Method method = invoked.getExecutable();
        Rule rule = Rule.of(method);
        Run run = run(context);
        run.begin(rule);
        try {
            run.requireOpened();
            if (!run.subject.includes(rule.chapter())) {
                throw new NotRun("this class is about other chapters");
            }
            requireApplicable(method, run);
            RuleChapter chapter = (RuleChapter) invoked.getTarget().orElseThrow();
            repeatWhileInconclusive(rule, method, chapter, run);
            run.end(rule, Verdict.PASS, null, null);
        } catch (Inconclusive inconclusive) {
            run.end(rule, Verdict.INCONCLUSIVE, inconclusive.getMessage(), inconclusive);
            throw RuleViolation.inconclusive(rule, run.subject.toString(), run.seed, TRIES, inconclusive);
        } catch (Absent absent) {
            run.end(rule, Verdict.ABSENT, absent.getMessage(), null);
            throw absent;
        } catch (TestAbortedException aborted) {
            // Also an assumption of the author's own code: nobody knows then whether the rule holds.
            run.end(rule, Verdict.NOT_RUN, told(aborted), null);
            throw aborted;
        } catch (Unopened unopened) {
            run.end(rule, Verdict.FAIL, unopened.getMessage(), unopened.getCause());
            throw unopened;
        } catch (Throwable broken) {
            RuleViolation violation = RuleViolation.broken(rule, run.subject.toString(), run.seed, broken);
            Optional<TckSubject.Waiver> waiver = run.subject.waiver(rule.id());
            if (waiver.isPresent()
                    && !LocalDate.now(ZoneOffset.UTC).isAfter(waiver.get().until())) {
                String reason =
                        waiver.get().reason() + " (until " + waiver.get().until() + ")";
                run.end(rule, Verdict.WAIVED, reason, broken);
                throw new TestAbortedException("waived: " + reason, violation);
            }
            run.end(rule, Verdict.FAIL, told(broken), broken);
            throw violation;
        }
    }

    private static void requireApplicable(Method method, Run run) {
        Requires onMethod = method.getAnnotation(Requires.class);
        Requires onChapter = method.getDeclaringClass().getAnnotation(Requires.class);
        for (Requires requires : new Requires[] {onChapter, onMethod}) {
            if (requires != null) {
                for (Capability capability : requires.value()) {
                    if (!run.capabilities.contains(capability)) {
                        throw new Absent("backend does not declare " + capability);
                    }
                }
            }
        }
        Lacks lacks = method.getAnnotation(Lacks.class);
        if (lacks != null && run.capabilities.contains(lacks.value())) {
            throw new Absent("backend declares " + lacks.value() + ", the rule is about those that do not");
        }
    }

    private static void repeatWhileInconclusive(Rule rule, Method method, RuleChapter chapter, Run run)
            throws Throwable {
        for (int attempt = 1, scale = 1; ; attempt++, scale *= 2) {
            long seed = run.seed * 31 + rule.id().hashCode();
            RuleSetting setting = new RuleSetting(run.subject, seed, scale, run.bounds);
            Duration bound = run.bounds.ofOneTry(chapter.patience(), scale);
            Throwable seen = seen("the rule", bound, () -> {
                // Some stores live only as long as somebody has them open: from here on somebody does.
                setting.client();
                chapter.enter(setting);
                invoke(method, chapter);
            });
            Throwable left = seen("closing what the rule had opened", bound, () -> {
                run.faults = setting.inflicted();
                setting.close();
            });
            if (seen == null && left == null) {
                return;
            }
            if (seen == null) {
                throw left;
            }
            if (left != null) {
                seen.addSuppressed(left);
            }
            if (!(seen instanceof Inconclusive) || attempt == TRIES) {
                throw seen;
            }
        }
    }

    private static @Nullable Throwable seen(String what, Duration bound, Watchdog.Code code) {
        try {
            Watchdog.run(what, bound, code);
            return null;
        } catch (Throwable any) {
            return any;
        }
    }

    private static void invoke(Method method, RuleChapter chapter) throws Throwable {
        method.setAccessible(true);
        try {
            method.invoke(chapter);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    private static String told(Throwable broken) {
        return broken.getMessage() == null ? broken.toString() : broken.getMessage();
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        Run run = classContext(context).getStore(STORE).get(Run.class, Run.class);
        if (run == null || !isAuthors(context)) {
            return;
        }
        if (run.unopened == null) {
            System.out.print(run.report.print(run.subject.toString(), run.seed));
        }
        Optional<Path> page = page(context);
        if (page.isPresent()) {
            String command = context.getConfigurationParameter("tck.command").orElse(null);
            HtmlReport.write(page.get(), run.report.results(), run.subject, run.seed, run.capabilities, command);
        }
        run.subject.listener().over(TckReport.worst(run.report.results()));
    }

    private static Run run(ExtensionContext context) {
        BackendTck test = context.getRequiredTestInstances()
                .findInstance(BackendTck.class)
                .orElseThrow();
        return classContext(context)
                .getStore(STORE)
                .getOrComputeIfAbsent(
                        Run.class,
                        key -> new Run(
                                subject(test),
                                context.getConfigurationParameter("tck.seed", Long::valueOf)
                                        .orElseGet(() ->
                                                ThreadLocalRandom.current().nextLong(1, Integer.MAX_VALUE)),
                                context.getConfigurationParameter("tck.patience", Duration::parse)
                                        .orElse(Bounds.PATIENCE),
                                context.getConfigurationParameter("tck.lease", Duration::parse)
                                        .orElse(Bounds.STEADY),
                                new TckReport(rule -> isAskedFor(context, rule))),
                        Run.class);
    }

    /** What the author's code says; if it fails, a backend that cannot be opened for that reason. */
    private static TckSubject subject(BackendTck test) {
        try {
            return Objects.requireNonNull(test.subject(), "subject() returned null");
        } catch (TestAbortedException aborted) {
            throw aborted;
        } catch (RuntimeException failed) {
            return TckSubject.of(test.getClass().getSimpleName(), namespace -> {
                throw failed;
            });
        }
    }

    /** The context of the author's class, above those of the chapters. It may itself be nested, beside others with other subjects. */
    private static ExtensionContext classContext(ExtensionContext context) {
        ExtensionContext author = context;
        while (!isAuthors(author)) {
            author = author.getParent().orElseThrow();
        }
        return author;
    }

    private static boolean isAuthors(ExtensionContext context) {
        return context.getTestMethod().isEmpty() && BackendTck.class.isAssignableFrom(context.getRequiredTestClass());
    }
}
