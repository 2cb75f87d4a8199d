package dev.holdfast.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The room that one session has reserved in the server's table of locks, so that the sessions of many processes together stay below their
 * share of it, however fast each takes locks.
 *
 * <p>A session takes no lock beyond what it has reserved. It first shows all others, of every database, what it reserves, then counts
 * what they hold or have reserved, and takes back what is too much. Of any number who do so at once, the last to show it sees all the
 * rest, so the sum never passes the share. Reserving ahead several times what is held makes counting rare, for a count costs the more
 * the more locks there are: a session that takes thousands counts a few times. Used by the thread that has the session's lane.
 */
final class Reservation {
    /** What is kept beside what is held when the rest is given back. */
    private static final int FEW = 8;
    /** What a session reserves ahead at least, and by how much more than it holds, if there is so much room. */
    private static final int AHEAD = 256;

    private static final int TIMES = 4;
    /** The part of what remains that may be reserved ahead. */
    private static final int PART = 8;

    private final Connection connection;
    private final ServerLocks table;
    private final String reserve;
    private final String unreserve;
    /** 0: nothing, or nobody knows what. */
    private long reserved;

    Reservation(Connection connection, ServerLocks table, Database database) {
        this.connection = connection;
        this.table = table;
        reserve = database.sql("lock/session_reserve");
        unreserve = database.sql("lock/session_unreserve");
    }

    boolean hasRoomFor(int locks) {
        return locks <= reserved;
    }

    /** Reserves room for a number of locks, of which some are held, or for fewer; for how many there is room now. */
    long extend(int held, int locks) throws SQLException {
        long ahead = Math.min(Math.max((long) TIMES * locks, AHEAD), table.room() / PART);
        long wanted = locks + ahead;
        long others = reserve(wanted);
        while (others + wanted > table.most() && wanted > held) {
            // What is held stays, whatever others have.
            wanted = Math.max(held, Math.min(locks, table.most() - others));
            others = reserve(wanted);
        }
        table.count(others + wanted);
        return wanted;
    }

    /** Gives back what was reserved ahead and was not needed so far. */
    void shrink(int held) throws SQLException {
        if (reserved > held + 2 * FEW) {
            table.count(reserve(held + FEW) + held + FEW);
        }
    }

    /** Has so much reserved; what others hold, or have reserved. */
    private long reserve(long locks) throws SQLException {
        long former = reserved;
        reserved = 0;
        if (former == 0) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(unreserve);
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(reserve)) {
            statement.setInt(1, Math.toIntExact(locks));
            statement.setInt(2, Math.toIntExact(former));
            statement.setInt(3, Math.toIntExact(former));
            statement.execute();
            statement.getMoreResults();
            try (ResultSet answer = statement.getResultSet()) {
                answer.next();
                long others = answer.getLong(1);
                reserved = locks;
                return others;
            }
        }
    }
}
