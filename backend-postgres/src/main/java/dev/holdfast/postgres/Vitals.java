package dev.holdfast.postgres;

import dev.holdfast.spi.Health;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;

/** Asks the server how it is. */
final class Vitals {
    private final Database database;
    private final String question;

    Vitals(Database database) {
        this.database = database;
        question = database.sql("health");
    }

    Health health() {
        return database.read(this::ask);
    }

    private Health ask(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            row.next();
            boolean standby = row.getBoolean("standby");
            Map<String, String> details = new TreeMap<>();
            details.put("postgres.role", standby ? "standby" : "primary");
            details.put("postgres.version", row.getString("version"));
            details.put("postgres.standbys", row.getString("standbys"));
            String lagMillis = row.getString("lag_millis");
            if (lagMillis != null) {
                details.put("postgres.replicationLagMillis", lagMillis);
            }
            return new Health(standby ? Health.Status.DOWN : Health.Status.UP, details);
        }
    }
}
