package dev.holdfast.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;

/** The rooms of the house, as package patterns, and the classes that live in them. */
final class House {
    /** The packages of the {@code spi} module. A new one must be added here and placed in {@link SpiTest}. */
    static final String[] SPI = {
        "dev.holdfast.spi..",
        "dev.holdfast.config..",
        "dev.holdfast.state..",
        "dev.holdfast.lock..",
        "dev.holdfast.event..",
        "dev.holdfast.combine..",
        "dev.holdfast.backend.."
    };

    static final String HISTORY = "dev.holdfast.history..";

    static final String TCK = "dev.holdfast.tck..";

    static final String SERVERS = "dev.holdfast.servers..";

    /** What goes around or on top of any backend. */
    static final String[] GUESTS = {
        "dev.holdfast.compression..", "dev.holdfast.serde..", "dev.holdfast.resilience..", "dev.holdfast.metrics.."
    };

    static final String CLI = "dev.holdfast.cli..";

    /** The packages of the {@code backend-*} modules. A new backend must be added here. */
    static final String[] BACKENDS = {"dev.holdfast.memory..", "dev.holdfast.redis..", "dev.holdfast.postgres.."};

    /** All main classes of all modules, read once. */
    static final JavaClasses CLASSES = new ClassFileImporter()
            .importPackages("dev.holdfast")
            .that(resideOutsideOfPackage("dev.holdfast.architecture"));

    private House() {}

    /** The given patterns in one array. */
    static String[] all(String[] first, String... more) {
        String[] all = new String[first.length + more.length];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }
}
