package dev.holdfast.serde.msgpack;

import org.jspecify.annotations.Nullable;

/**
 * Why a value cannot be written or read, and where in it. Each container it passes puts its own step before the path, so the way that
 * succeeds pays nothing for paths. Never leaves the package, and never names a value.
 */
final class Fault extends RuntimeException {
    private final StringBuilder path = new StringBuilder();

    Fault(String reason) {
        this(reason, null);
    }

    /** @param cause an exception of the user's code; one of the JDK's may tell the value */
    Fault(String reason, @Nullable Throwable cause) {
        super(reason, cause, false, false);
    }

    Fault inField(String name) {
        if (path.length() > 0 && path.charAt(0) != '[' && path.charAt(0) != '{') {
            path.insert(0, '.');
        }
        path.insert(0, name);
        return this;
    }

    Fault inElement(int index) {
        return inField("[" + index + "]");
    }

    /** Entries are told by their place, because keys may be as secret as values. */
    Fault inEntry(int index) {
        return inField("{" + index + "}");
    }

    String told() {
        return (path.length() == 0 ? "" : "field " + path + " ") + getMessage();
    }
}
