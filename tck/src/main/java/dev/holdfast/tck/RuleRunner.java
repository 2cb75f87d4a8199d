package dev.holdfast.tck;

import dev.holdfast.spi.Capability;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
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
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What the rules of one test class share. */
    private static final class Run {
        final TckSubject subject;
        final long seed;
        final TckReport report = new TckReport();
        final Bounds bounds;
        final Set<Capability> capabilities;

        Run(TckSubject subject, long seed, Duration patience) {
            this.subject = subject;
            this.seed = seed;
            try (RuleSetting setting = new RuleSetting(subject, seed, 1, null)) {
                capabilities = setting.client().capabilities();
                bounds = Bounds.measure(setting.client().state(), patience);
            }
            subject.waivers().forEach(waiver -> {
                if (Rule.all().stream().noneMatch(rule -> rule.id().equals(waiver.rule()))) {
                    throw new IllegalArgumentException("no rule " + waiver.rule() + " to waive");
                }
            });
        }
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        Optional<String> wanted = context.getConfigurationParameter("tck.rule");
        if (wanted.isEmpty() || context.getTestMethod().isEmpty()) {
            return ConditionEvaluationResult.enabled("every rule runs");
        }
        String id = Rule.of(context.getRequiredTestMethod()).id();
        return Arrays.asList(wanted.get().split(",")).contains(id)
                ? ConditionEvaluationResult.enabled("asked for")
                : ConditionEvaluationResult.disabled("only " + wanted.get() + " was asked for");
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
        try {
            if (!run.subject.includes(rule.chapter())) {
                throw new NotRun("this class is about other chapters");
            }
            requireApplicable(method, run);
            RuleChapter chapter = (RuleChapter) invoked.getTarget().orElseThrow();
            repeatWhileInconclusive(rule, method, chapter, run);
            run.report.add(rule, Verdict.PASS, null);
        } catch (Inconclusive inconclusive) {
            run.report.add(rule, Verdict.INCONCLUSIVE, inconclusive.getMessage());
            throw inconclusive;
        } catch (NotRun notRun) {
            run.report.add(rule, Verdict.NOT_RUN, notRun.getMessage());
            throw notRun;
        } catch (TestAbortedException aborted) {
            run.report.add(rule, Verdict.ABSENT, aborted.getMessage());
            throw aborted;
        } catch (Throwable broken) {
            RuleViolation violation = new RuleViolation(rule, run.subject.toString(), run.seed, broken);
            Optional<TckSubject.Waiver> waiver = run.subject.waiver(rule.id());
            if (waiver.isPresent()
                    && !LocalDate.now(ZoneOffset.UTC).isAfter(waiver.get().until())) {
                String reason =
                        waiver.get().reason() + " (until " + waiver.get().until() + ")";
                run.report.add(rule, Verdict.WAIVED, reason);
                throw new TestAbortedException("waived: " + reason, violation);
            }
            run.report.add(rule, Verdict.FAIL, told(broken));
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
                invoke(method, chapter);
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
    public void afterAll(ExtensionContext context) {
        Run run = classContext(context).getStore(STORE).get(Run.class, Run.class);
        if (run != null && !context.getRequiredTestClass().isAnnotationPresent(Nested.class)) {
            System.out.print(run.report.print(run.subject.toString(), run.seed));
        }
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
                                        .orElse(PATIENCE)),
                        Run.class);
    }

    /** The context of the author's class, above those of the chapters. */
    private static ExtensionContext classContext(ExtensionContext context) {
        ExtensionContext outermost = context;
        while (outermost.getTestMethod().isPresent()
                || outermost.getRequiredTestClass().isAnnotationPresent(Nested.class)) {
            outermost = outermost.getParent().orElseThrow();
        }
        return outermost;
    }
}
