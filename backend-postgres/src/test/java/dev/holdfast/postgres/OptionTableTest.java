package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.config.Option;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README lists every option of our own as the code declares it, and no other. */
class OptionTableTest {
    @Test
    void options_areThoseOfTheReadme() throws IOException {
        String table = Option.table(PostgresOptions.own());
        assertTrue(
                Files.readString(Path.of("README.md")).contains(table + "\n"),
                () -> "README.md lacks this table, with an empty line behind it:\n" + table);
    }
}
