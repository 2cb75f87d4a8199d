package dev.holdfast.postgres;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.OutcomeUnknownException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What an error of the driver means to the caller; the only place that knows SQLStates.
 *
 * <p>An error that the server reports for a statement in autocommit, or before the commit of a transaction, means that nothing was
 * applied: PostgreSQL has rolled it back. Only an error of the connection leaves the outcome open, and so does the server's word that
 * it is shutting down, since it may come right behind a commit.
 */
final class PostgresErrors {
    /** The classes of connection errors, and of the server ending the session: the reply may be lost. */
    private static final Set<String> LOST = Set.of("57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04");

    /**
     * Errors that may pass: serialization, deadlock, a lock not to be had, a statement cancelled or timed out, too many connections,
     * out of shared memory, a server that has become a standby.
     */
    private static final Set<String> PASSING =
            Set.of("40001", "40P01", "55P03", "57014", "53000", "53200", "53300", "53400", "25006");

    private PostgresErrors() {}

    /** An error before anything was sent: no connection could be had. */
    static BackendException unconnected(SQLException error) {
        String state = state(error);
        // The server is there and does not let us in: wrong password, unknown database, missing right.
        boolean refused = state.startsWith("28") || state.startsWith("3D") || state.startsWith("42");
        String message = "no connection to PostgreSQL: " + describe(error) + "; nothing was sent";
        return refused ? new BackendRejectedException(message, error) : new BackendUnavailableException(message, error);
    }

    /** An error of a statement that changes nothing, so that nothing can have been applied. */
    static BackendException ofRead(SQLException error) {
        return isLost(error) ? new BackendUnavailableException(describe(error), error) : told(error);
    }

    /** An error of a statement that changes something. */
    static BackendException ofWrite(SQLException error) {
        return isLost(error)
                ? new OutcomeUnknownException("the reply of PostgreSQL was lost: " + describe(error), error)
                : told(error);
    }

    private static BackendException told(SQLException error) {
        return PASSING.contains(state(error))
                ? new BackendUnavailableException(describe(error) + "; nothing was applied", error)
                : new BackendRejectedException(describe(error) + "; nothing was applied", error);
    }

    /** Whether the connection, or the word of the server, was lost, so that the statement may or may not have been applied. */
    static boolean isLost(SQLException error) {
        String state = state(error);
        return state.isEmpty() || state.startsWith("08") || LOST.contains(state);
    }

    /** Whether the server broke a ring of waiting statements here. */
    static boolean isDeadlock(SQLException error) {
        return state(error).equals("40P01");
    }

    /** Whether the statement alone was refused, and others on the same connection may do better. */
    static boolean isOfTheStatement(SQLException error) {
        String state = state(error);
        return !isLost(error) && !state.startsWith("53") && !state.equals("57014") && !state.equals("25006");
    }

    static String state(SQLException error) {
        String state = error.getSQLState();
        return state == null ? "" : state;
    }

    /** The server's sentence without its detail, which may quote values. */
    private static String describe(SQLException error) {
        @Nullable ServerErrorMessage server = error instanceof PSQLException told ? told.getServerErrorMessage() : null;
        String message = server == null ? error.getMessage() : server.getMessage();
        String state = state(error);
        return message + (state.isEmpty() ? "" : " (SQLState " + state + ")");
    }
}
