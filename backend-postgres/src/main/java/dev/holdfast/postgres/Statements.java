package dev.holdfast.postgres;

import dev.holdfast.combine.Transport;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.OutcomeUnknownException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends combined commands of one kind as one statement.
 *
 * <p>A statement is applied whole or not at all, so when the server refuses it, none of its commands was applied, and each is sent
 * for itself to find the one that is to blame; the others must not suffer for it.
 *
 * @param <C> a command
 * @param <R> its reply
 */
abstract class Statements<C, R extends @Nullable Object> implements Transport<C, R> {
    private static final long MAX_STATEMENT_BYTES = 16 << 20;

    private final Database database;

    Statements(Database database) {
        this.database = database;
    }

    /** Sends one command. */
    abstract R one(Connection connection, C command) throws SQLException;

    /** Sends several commands at once. */
    abstract void many(Connection connection, List<C> commands, Replies<R> replies) throws SQLException;

    /** What an error means to a command. */
    abstract BackendException translate(SQLException error);

    /** How much of the limit of one statement a command takes. */
    int bytes(C command) {
        return 0;
    }

    @Override
    public final void send(int lane, List<C> commands, Replies<R> replies) {
        try {
            database.inLane(connection -> execute(connection, commands, replies));
        } catch (SQLException failed) {
            fail(translate(failed), 0, commands.size(), replies);
        } catch (BackendException failed) {
            fail(failed, 0, commands.size(), replies);
        }
    }

    /** Sends the commands of one caller, in as few statements as their size allows. */
    final List<Outcome<R>> all(List<C> commands) {
        List<Outcome<R>> outcomes = new ArrayList<>(commands.size());
        int from = 0;
        while (from < commands.size()) {
            int to = from;
            long size = 0;
            do {
                size += bytes(commands.get(to++));
            } while (to < commands.size() && size + bytes(commands.get(to)) <= MAX_STATEMENT_BYTES);
            outcomes.addAll(part(commands.subList(from, to)));
            from = to;
        }
        return outcomes;
    }

    private List<Outcome<R>> part(List<C> commands) {
        OutcomeUnknownException untold = new OutcomeUnknownException("the statement ended without telling the outcome");
        List<Outcome<R>> outcomes = new ArrayList<>(Collections.nCopies(commands.size(), Outcome.error(untold)));
        Replies<R> replies = new Replies<>() {
            @Override
            public void reply(int index, R reply) {
                tell(index, Outcome.value(reply));
            }

            @Override
            public void error(int index, BackendException error) {
                tell(index, Outcome.error(error));
            }

            private void tell(int index, Outcome<R> outcome) {
                if (outcomes.get(index).error() == untold) {
                    outcomes.set(index, outcome);
                }
            }
        };
        try {
            database.shared(connection -> execute(connection, commands, replies));
        } catch (SQLException failed) {
            fail(translate(failed), 0, commands.size(), replies);
        } catch (BackendException failed) {
            fail(failed, 0, commands.size(), replies);
        }
        return outcomes;
    }

    private int execute(Connection connection, List<C> commands, Replies<R> replies) throws SQLException {
        if (commands.size() == 1) {
            replies.reply(0, one(connection, commands.get(0)));
        } else {
            together(connection, commands, replies);
        }
        return commands.size();
    }

    private void together(Connection connection, List<C> commands, Replies<R> replies) throws SQLException {
        try {
            many(connection, commands, replies);
        } catch (SQLException failed) {
            if (!PostgresErrors.isOfTheStatement(failed)) {
                throw failed;
            }
            oneByOne(connection, commands, replies);
        }
    }

    private void oneByOne(Connection connection, List<C> commands, Replies<R> replies) {
        for (int i = 0; i < commands.size(); i++) {
            try {
                replies.reply(i, one(connection, commands.get(i)));
            } catch (SQLException failed) {
                replies.error(i, translate(failed));
                if (PostgresErrors.isLost(failed)) {
                    fail(
                            new BackendUnavailableException("not sent after the connection was lost", failed),
                            i + 1,
                            commands.size(),
                            replies);
                    return;
                }
            }
        }
    }

    /** Commands that were told their outcome before keep it. */
    private void fail(BackendException error, int from, int to, Replies<R> replies) {
        for (int i = from; i < to; i++) {
            replies.error(i, error);
        }
    }
}
