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

    /** What the rules of one test class share. */
    private static final class Run {
        final TckSubject subject;
        final long seed;
        final TckReport report;
        final Bounds bounds;
        final Set<Capability> capabilities;
        /** What the rule that runs, or ran last, has done to the store. */
        List<RecordedFaults.Fault> faults = List.of();

        Run(TckSubject subject, long seed, Duration patience, Duration steady, TckReport report) {
            this.subject = subject;
            this.seed = seed;
            this.report = report;
            try (RuleSetting setting = new RuleSetting(subject, seed, 1, null)) {
                capabilities = setting.client().capabilities();
                bounds = Bounds.measure(
                        setting.client().state(), setting.client().limits().minLease(), patience, steady);
            }
            subject.waivers().forEach(waiver -> {
                if (Rule.all().stream().noneMatch(rule -> rule.id().equals(waiver.rule()))) {
                    throw new IllegalArgumentException("no rule " + waiver.rule() + " to waive");
                }
            });
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
        context.getConfigurationParameter("tck.report", Path::of)
                .ifPresent(file -> HtmlReport.requireWritable(file, "tck.report"));
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
            if (!run.subject.includes(rule.chapter())) {
                throw new NotRun("this class is about other chapters");
            }
            requireApplicable(method, run);
            RuleChapter chapter = (RuleChapter) invoked.getTarget().orElseThrow();
            repeatWhileInconclusive(rule, method, chapter, run);
            run.end(rule, Verdict.PASS, null, null);
        } catch (Inconclusive inconclusive) {
            run.end(rule, Verdict.INCONCLUSIVE, inconclusive.getMessage(), inconclusive);
            throw inconclusive;
        } catch (NotRun notRun) {
            run.end(rule, Verdict.NOT_RUN, notRun.getMessage(), null);
            throw notRun;
        } catch (TestAbortedException aborted) {
            run.end(rule, Verdict.ABSENT, aborted.getMessage(), null);
            throw aborted;
        } catch (Throwable broken) {
            RuleViolation violation = new RuleViolation(rule, run.subject.toString(), run.seed, broken);
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
                        throw new TestAbortedException("backend does not declare " + capability);
                    }
                }
            }
        }
        Lacks lacks = method.getAnnotation(Lacks.class);
        if (lacks != null && run.capabilities.contains(lacks.value())) {
            throw new TestAbortedException(
                    "backend declares " + lacks.value() + ", the rule is about those that do not");
        }
    }

    private static void repeatWhileInconclusive(Rule rule, Method method, RuleChapter chapter, Run run)
            throws Throwable {
        for (int attempt = 1, scale = 1; ; attempt++, scale *= 2) {
            long seed = run.seed * 31 + rule.id().hashCode();
            try (RuleSetting setting = new RuleSetting(run.subject, seed, scale, run.bounds)) {
                // Some stores live only as long as somebody has them open: from here on somebody does.
                setting.client();
                chapter.enter(setting);
                try {
                    invoke(method, chapter);
                } finally {
                    run.faults = setting.inflicted();
                }
                return;
            } catch (Inconclusive inconclusive) {
                if (attempt == TRIES) {
                    throw inconclusive;
                }
            }
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
        System.out.print(run.report.print(run.subject.toString(), run.seed));
        Optional<Path> page = context.getConfigurationParameter("tck.report", Path::of);
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
                                test.subject(),
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
