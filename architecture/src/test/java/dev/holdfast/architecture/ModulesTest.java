package dev.holdfast.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Who may know whom between the modules. */
class ModulesTest {

    @Test
    void packages_formNoCycle() {
        slices().matching("dev.holdfast.(*)..").should().beFreeOfCycles().check(House.CLASSES);
    }

    @Test
    void packages_haveAPlaceInTheHouse() {
        classes()
                .should()
                .resideInAnyPackage(House.all(
                        House.all(House.all(House.SPI, House.BACKENDS), House.GUESTS),
                        House.HISTORY,
                        House.TCK,
                        House.SERVERS,
                        House.CLI))
                .because("a package that House does not name is held to no rule")
                .check(House.CLASSES);
    }

    @Test
    void packages_areNullMarked() {
        classes().should(liveInANullMarkedPackage()).check(House.CLASSES);
    }

    @Test
    void backends_areKnownToTheCommandOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages(House.all(House.BACKENDS, House.CLI))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(House.BACKENDS)
                .because("spi, layers, recipes and the kit must work with a stranger's backend")
                .check(House.CLASSES);
    }

    @Test
    void backends_knowNeitherTheKitNorTheCommandNorEachOther() {
        noClasses()
                .that()
                .resideInAnyPackage(House.BACKENDS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(House.TCK, House.CLI, House.HISTORY)
                .check(House.CLASSES);
        slices().matching("dev.holdfast.(memory|redis|postgres)..")
                .should()
                .notDependOnEachOther()
                .check(House.CLASSES);
    }

    @Test
    void command_isKnownToNobody() {
        noClasses()
                .that()
                .resideOutsideOfPackage(House.CLI)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(House.CLI)
                .check(House.CLASSES);
    }

    @Test
    void history_dependsOnNothingButTheJdkAndJspecify() {
        classes()
                .that()
                .resideInAPackage(House.HISTORY)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(House.HISTORY, "java..", "org.jspecify..")
                .because("it judges runs of anything, also of what is not Holdfast")
                .check(House.CLASSES);
    }

    @Test
    void publicTypesOfBackends_areFinal() {
        classes()
                .that()
                .resideInAnyPackage(House.BACKENDS)
                .and()
                .arePublic()
                .and(DescribedPredicate.not(DescribedPredicate.describe("interfaces", JavaClass::isInterface)))
                .should()
                .haveModifier(JavaModifier.FINAL)
                .because("a backend is extended by layers around its ports, never by a subclass")
                .check(House.CLASSES);
    }

    private static ArchCondition<JavaClass> liveInANullMarkedPackage() {
        return new ArchCondition<>("live in a package whose package-info says @NullMarked") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                    events.add(SimpleConditionEvent.violated(
                            type,
                            type.getPackageName() + " has no package-info with @NullMarked, and holds "
                                    + type.getName()));
                }
            }
        };
    }
}
