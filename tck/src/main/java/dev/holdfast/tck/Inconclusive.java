package dev.holdfast.tck;

import org.opentest4j.TestAbortedException;

/** The rule was run, but what it saw proves nothing: measurements came too late, or nothing happened at the same time. */
final class Inconclusive extends TestAbortedException {
    Inconclusive(String message) {
        super(message);
    }
}
