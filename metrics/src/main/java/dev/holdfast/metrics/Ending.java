package dev.holdfast.metrics;

import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.concurrent.CompletionException;

/** How an operation can end. */
enum Ending {
    /** As asked. */
    OK("ok"),
    /** An expected no: a condition that did not hold, a writer fenced out, a lock held by another. */
    REFUSED("refused"),
    /** Certainly not applied: the store was not reached. */
    NOT_APPLIED("not_applied"),
    /** The reply was lost. */
    UNKNOWN("unknown"),
    /** The store will not do it. */
    REJECTED("rejected"),
    /** Stored bytes do not decode. */
    CORRUPT("corrupt"),
    /** Anything else: closed, a programming mistake. */
    ERROR("error");

    final String text;

    Ending(String text) {
        this.text = text;
    }

    static Ending of(Throwable error) {
        if (error instanceof CompletionException && error.getCause() != null) {
            return of(error.getCause());
        }
        if (error instanceof BackendUnavailableException) {
            return NOT_APPLIED;
        }
        if (error instanceof OutcomeUnknownException) {
            return UNKNOWN;
        }
        if (error instanceof BackendRejectedException) {
            return REJECTED;
        }
        return error instanceof CorruptValueException ? CORRUPT : ERROR;
    }

    static Ending applied(boolean applied) {
        return applied ? OK : REFUSED;
    }
}
