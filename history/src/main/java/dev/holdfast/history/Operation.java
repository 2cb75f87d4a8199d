package dev.holdfast.history;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * An operation on one key of a register-like store. Keys are absent in the beginning, and {@code null} stands for absent.
 *
 * @param expected the value that {@link Kind#COMPARE_AND_SET} demands, or that {@link Kind#EXPIRE} ends; {@code null} for every other kind
 * @param value the value read or to be written; {@code null} for {@link Kind#DELETE} and {@link Kind#EXPIRE}
 */
public record Operation(
        String client,
        String key,
        Kind kind,
        @Nullable String expected,
        @Nullable String value,
        Outcome outcome,
        long call,
        long ret)
        implements Event {

    /** What the operation asks for, and what {@link Outcome#OK} and {@link Outcome#REFUSED} tell of it. */
    public enum Kind {
        /** Reads the value. Never refused. */
        GET,
        /** Stores the value, whatever was there; with {@code null}, a delete that does not tell what it removed. Never refused. */
        PUT,
        /** Stores the value if there is none; refused if there is one. */
        PUT_IF_ABSENT,
        /** Replaces the expected value; refused if another or none is there. */
        COMPARE_AND_SET,
        /** Removes the value; refused if there was none. */
        DELETE,
        /**
         * Ends the expected value because its time to live is over, and nothing if another or none is there. Nobody asks for it: it
         * happens once, after the write of that value if that is certain, at some moment from {@code call}, before which the time cannot be over, to
         * {@code ret}, after which it must be. Each such value is written once. Never refused.
         */
        EXPIRE
    }

    public Operation {
        requireNonNull(client);
        requireNonNull(key);
        requireNonNull(kind);
        requireNonNull(outcome);
        boolean unconditional = kind == Kind.GET || kind == Kind.PUT || kind == Kind.EXPIRE;
        if (unconditional && outcome == Outcome.REFUSED) {
            throw new IllegalArgumentException(kind + " has no condition, so it cannot be refused");
        }
        if (expected != null && kind != Kind.COMPARE_AND_SET && kind != Kind.EXPIRE) {
            throw new IllegalArgumentException(kind + " expects no value: " + expected);
        }
        if (expected == null && kind == Kind.EXPIRE) {
            throw new IllegalArgumentException("EXPIRE must name the value that it ends");
        }
        if (value != null && (kind == Kind.DELETE || kind == Kind.EXPIRE)) {
            throw new IllegalArgumentException(kind + " writes no value: " + value);
        }
        Stamps.check(call, ret);
    }

    /** Whether this is a write that took effect, or may have. */
    boolean mayHaveWritten() {
        return kind != Kind.GET && (outcome == Outcome.OK || outcome == Outcome.UNKNOWN);
    }
}
