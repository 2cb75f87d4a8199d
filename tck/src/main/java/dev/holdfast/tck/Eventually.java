package dev.holdfast.tck;

import java.util.function.BooleanSupplier;

/** Waits for what must come, however long the machine takes: the bound is so far away that only "never" exceeds it. */
final class Eventually {
    private Eventually() {}

    static void await(RuleSetting setting, String what, BooleanSupplier condition) {
        long bound = setting.bounds().eventually().toNanos();
        long patience = setting.bounds().patience().toNanos();
        long start = System.nanoTime();
        long startPassed = setting.passage().nanos();
        while (!condition.getAsBoolean()) {
            // A manual clock may run far ahead of this thread: both clocks must agree that it is too late.
            if (System.nanoTime() - start > patience && setting.passage().nanos() - startPassed > bound) {
                throw new AssertionError("expected within " + setting.bounds().eventually() + ": " + what);
            }
            setting.passage().idle();
        }
    }
}
