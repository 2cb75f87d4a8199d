package dev.holdfast.tck;

import org.opentest4j.TestAbortedException;

/** The rule applies, but cannot be tried on this subject. */
final class NotRun extends TestAbortedException {
    NotRun(String message) {
        super(message);
    }
}
