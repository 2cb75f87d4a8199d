package dev.holdfast.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** What {@code spi} may lean on, and the order of its packages. */
class SpiTest {

    @Test
    void spi_dependsOnNothingButTheJdkJspecifyAndSlf4j() {
        classes()
                .that()
                .resideInAnyPackage(House.SPI)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(House.all(House.SPI, "java..", "org.jspecify..", "org.slf4j.."))
                .because("everything depends on spi, so its dependencies are forced on every user and backend author")
                .check(House.CLASSES);
    }

    /** From the words everybody speaks, at the bottom, to the door that opens a backend, at the top. */
    @Test
    void spiPackages_dependDownwardsOnly() {
        ArchRule layers = layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.holdfast..")
                .withOptionalLayers(true)
                .layer("spi")
                .definedBy("dev.holdfast.spi..")
                .layer("combine")
                .definedBy("dev.holdfast.combine..")
                .layer("config")
                .definedBy("dev.holdfast.config..")
                .layer("state")
                .definedBy("dev.holdfast.state..")
                .layer("lock")
                .definedBy("dev.holdfast.lock..")
                .layer("event")
                .definedBy("dev.holdfast.event..")
                .layer("backend")
                .definedBy("dev.holdfast.backend..")
                .whereLayer("spi")
                .mayNotAccessAnyLayer()
                .whereLayer("combine")
                .mayOnlyAccessLayers("spi")
                .whereLayer("config")
                .mayOnlyAccessLayers("spi")
                .whereLayer("state")
                .mayOnlyAccessLayers("spi", "config")
                .whereLayer("lock")
                .mayOnlyAccessLayers("spi", "config", "state")
                .whereLayer("event")
                .mayOnlyAccessLayers("spi", "config", "state")
                .whereLayer("backend")
                .mayOnlyAccessLayers("spi", "combine", "config", "state", "lock", "event");
        layers.check(House.CLASSES);
    }
}
