package dev.holdfast.tck;

import org.opentest4j.TestAbortedException;

/** The rule does not apply: it is about a capability that is not declared, or about the lack of one that is. */
final class Absent extends TestAbortedException {
    Absent(String message) {
        super(message);
    }
}
