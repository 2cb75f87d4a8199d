package dev.holdfast.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What no class does, wherever it lives. */
class HabitsTest {
    private static final String TIME = "dev.holdfast.spi.Time";

    /** The JDK's doors to the clock and to sleep, by class. */
    private static final Map<String, Set<String>> CLOCKS = Map.of(
            "java.lang.System", Set.of("nanoTime", "currentTimeMillis"),
            "java.lang.Thread", Set.of("sleep"),
            "java.util.concurrent.TimeUnit", Set.of("sleep"),
            "java.time.Instant", Set.of("now"),
            "java.time.Clock", Set.of("systemUTC", "systemDefaultZone", "system"),
            "java.time.LocalDateTime", Set.of("now"),
            "java.time.OffsetDateTime", Set.of("now"),
            "java.time.ZonedDateTime", Set.of("now"));

    @Test
    void time_passesThroughTheTimeInterfaceOnly() {
        noClasses()
                .that()
                .resideInAnyPackage(House.all(House.SPI, House.BACKENDS))
                .and(areNoImplementationOfTime())
                .should()
                .accessTargetWhere(theTargetIsAClock())
                .because("a test or a simulation that drives Time must drive everything")
                .check(House.CLASSES);
    }

    @Test
    void standardStreams_belongToTheCommandAndTheKit() {
        noClasses()
                .that()
                .resideOutsideOfPackages(House.CLI, House.TCK)
                .should(ACCESS_STANDARD_STREAMS)
                .because("a library writes to SLF4J, or throws; the kit prints its report for whoever runs it")
                .check(House.CLASSES);
    }

    @Test
    void javaUtilLogging_isNotUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..")
                .because("the log is SLF4J")
                .check(House.CLASSES);
    }

    /** Also not a lambda's or a nested class of one. */
    private static DescribedPredicate<JavaClass> areNoImplementationOfTime() {
        return DescribedPredicate.describe("are no implementation of Time", type -> {
            JavaClass outermost = type;
            while (outermost.getEnclosingClass().isPresent()) {
                outermost = outermost.getEnclosingClass().get();
            }
            return !outermost.isAssignableTo(TIME);
        });
    }

    private static DescribedPredicate<JavaAccess<?>> theTargetIsAClock() {
        return DescribedPredicate.describe("the target is a clock", access -> CLOCKS.getOrDefault(
                        access.getTargetOwner().getName(), Set.of())
                .contains(access.getTarget().getName()));
    }
}
