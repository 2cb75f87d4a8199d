package dev.holdfast.benchmarks;

/** The names under which the programs for single modules know {@link Place}. */
final class Ratios {
    private Ratios() {}

    static String place() {
        return Place.machine();
    }

    static String commit() {
        return Place.commit();
    }
}
