package dev.holdfast.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Reads statements from the {@code .sql} files beside this class and puts the name of the schema into them. */
final class Sql {
    private static final Pattern COMMENT = Pattern.compile("^\\s*--.*\\R", Pattern.MULTILINE);

    private final String quoted;

    /** @param schema a name without quotes in it; see {@link Schema#requireName} */
    Sql(String schema) {
        // Quoted, because a name may be a word of the language.
        this.quoted = '"' + schema + '"';
    }

    /** One statement, without comments, which would travel with every preparation. */
    String statement(String name) {
        return COMMENT.matcher(script(name)).replaceAll("").strip();
    }

    /** A file as it is, {@code ${schema}} replaced. */
    String script(String name) {
        try (InputStream file = Sql.class.getResourceAsStream(name + ".sql")) {
            if (file == null) {
                throw new IllegalStateException("the jar lacks the resource dev/holdfast/postgres/" + name + ".sql");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).replace("${schema}", quoted);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
