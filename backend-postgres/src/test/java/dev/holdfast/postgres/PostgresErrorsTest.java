package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.OutcomeUnknownException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresErrorsTest {
    @ParameterizedTest
    @CsvSource({
        "40001, unavailable",
        "40P01, unavailable",
        "55P03, unavailable",
        "57014, unavailable",
        "53200, unavailable",
        "53300, unavailable",
        "25006, unavailable",
        "53100, rejected",
        "22001, rejected",
        "23505, rejected",
        "42501, rejected",
        "42P01, rejected",
        "54000, rejected",
        "XX001, rejected",
        "0A000, rejected",
        "08006, unknown",
        "08003, unknown",
        "57P01, unknown",
        "57P02, unknown",
    })
    void write_saysWhatTheServersWordMeans(String state, String meaning) {
        assertEquals(meaning, word(PostgresErrors.ofWrite(new SQLException("told", state))));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"08006", "08001", "57P01", "57P02"})
    void lostReply_isUnknownForAWriteAndNothingForARead(String state) {
        assertInstanceOf(OutcomeUnknownException.class, PostgresErrors.ofWrite(new SQLException("lost", state)));
        assertInstanceOf(BackendUnavailableException.class, PostgresErrors.ofRead(new SQLException("lost", state)));
    }

    @ParameterizedTest
    @CsvSource({"08001, unavailable", "57P03, unavailable", "53300, unavailable", "28P01, rejected", "3D000, rejected"})
    void unconnected_isNeverUnknown(String state, String meaning) {
        assertEquals(meaning, word(PostgresErrors.unconnected(new SQLException("no", state))));
    }

    /** The detail of a unique violation quotes the key, that of a check the whole row. */
    @Test
    void message_quotesNoValue() throws SQLException {
        try (Connection connection = StateServer.connect(StateServer.newest());
                Statement statement = connection.createStatement()) {
            statement.execute("create temporary table t (secret text check (length(secret) < 3))");
            SQLException refused = org.junit.jupiter.api.Assertions.assertThrows(
                    SQLException.class, () -> statement.execute("insert into t values ('s3cr3t')"));
            assertFalse(
                    String.valueOf(PostgresErrors.ofWrite(refused).getMessage()).contains("s3cr3t"));
        }
    }

    private static String word(BackendException error) {
        return error instanceof BackendUnavailableException
                ? "unavailable"
                : error instanceof OutcomeUnknownException
                        ? "unknown"
                        : error instanceof BackendRejectedException ? "rejected" : error.toString();
    }
}
