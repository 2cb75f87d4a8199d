package dev.holdfast.postgres;

import dev.holdfast.config.ConfigException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables and functions of this backend, as a list of versions, each a file of statements.
 *
 * <p>A version only adds to the ones before it, so clients of an older one go on while newer ones start; a file that was released
 * never changes. Whoever comes first creates what is missing, in one transaction under a lock, so that any number of processes may
 * start at once. Nothing is looked for outside the schema, and if the schema exists no right beyond it is needed.
 */
final class Schema {
    /** The files in {@code schema/}, in order: the first is version 1. */
    private static final List<String> VERSIONS = List.of("1-state", "2-locks");

    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

    private final String name;
    private final Sql sql;

    Schema(String name) {
        this.name = requireName(name);
        this.sql = new Sql(name);
    }

    static String requireName(String name) {
        if (!NAME.matcher(name).matches() || name.startsWith("pg_")) {
            throw new ConfigException(
                    "schema = '" + name + "' is no name for one: at most 63 lower-case letters, digits"
                            + " and _, beginning with neither a digit nor pg_");
        }
        return name;
    }

    String name() {
        return name;
    }

    Sql sql() {
        return sql;
    }

    /** What brings the schema from a version, 0 where there is none, to that of today, for somebody who runs it by hand. */
    String ddl(int from) {
        if (from < 0 || from > VERSIONS.size()) {
            throw new IllegalArgumentException(
                    "fromVersion (" + from + ") must be from 0, where there is no schema yet, to " + VERSIONS.size());
        }
        String schema = from == 0 ? "create schema if not exists \"" + name + "\";\n" : "";
        return "begin;\n" + schema + statements(from, VERSIONS.size()) + "commit;\n";
    }

    /** From one version to another. */
    String statements(int from, int to) {
        StringBuilder ddl = new StringBuilder();
        if (from == 0) {
            ddl.append('\n').append(sql.script("schema/0-versions"));
        }
        for (int version = from + 1; version <= to; version++) {
            ddl.append('\n')
                    .append(sql.script("schema/" + VERSIONS.get(version - 1)))
                    .append(sql.script("schema/0-done").replace("${version}", Integer.toString(version)));
        }
        return ddl.toString();
    }

    /** Sees to it that the schema is up to date. The connection is in autocommit before and after. */
    void create(Connection connection) throws SQLException {
        if (version(connection) >= VERSIONS.size()) {
            return;
        }
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            // Another process may be at it, and large tables take their time.
            statement.execute("set local statement_timeout = 0");
            statement.execute("set local lock_timeout = '1min'");
            statement.execute("select pg_advisory_xact_lock(hashtextextended('holdfast schema " + name + "', 0))");
            int from = version(connection);
            if (from < VERSIONS.size()) {
                LOG.info("Bringing the PostgreSQL schema \"{}\" from version {} to {}", name, from, VERSIONS.size());
                // Asked first: "if not exists" wants the right to create schemas even where there is nothing to create.
                if (!exists(connection)) {
                    statement.execute("create schema \"" + name + "\"");
                }
                statement.execute(statements(from, VERSIONS.size()));
            }
            connection.commit();
        } catch (SQLException failed) {
            connection.rollback();
            throw failed;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** Throws unless the schema is up to date. */
    void verify(Connection connection) throws SQLException {
        int version = version(connection);
        if (version < VERSIONS.size()) {
            String missing = VERSIONS.subList(version, VERSIONS.size()).stream().collect(Collectors.joining(", "));
            throw new ConfigException("the schema \"" + name + "\" is at version " + version + " and lacks " + missing
                    + "; have the statements of PostgresBackend.ddl(\"" + name + "\", " + version
                    + ") run, or set createSchema=create");
        }
    }

    private boolean exists(Connection connection) throws SQLException {
        return ask(connection, "select count(*) from pg_namespace where nspname = ?", name) > 0;
    }

    /** The version of what is there; 0 if there is nothing. A newer one than we know is fine: it only adds. */
    private int version(Connection connection) throws SQLException {
        // Not to_regclass, which goes by what this session knew before it waited for another to create the table.
        String there = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                + " where c.relname = 'schema_version' and n.nspname = ?";
        String newest = "select coalesce(max(version), 0) from \"" + name + "\".schema_version where ? <> ''";
        return ask(connection, there, name) > 0 ? ask(connection, newest, name) : 0;
    }

    private static int ask(Connection connection, String question, String argument) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(question)) {
            statement.setString(1, argument);
            try (ResultSet answer = statement.executeQuery()) {
                answer.next();
                return answer.getInt(1);
            }
        }
    }
}
