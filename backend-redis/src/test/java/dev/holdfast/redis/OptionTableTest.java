package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.config.Option;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The README lists every option as the code declares it, and no other. */
class OptionTableTest {
    @Test
    void options_areThoseOfTheReadme() throws IOException {
        // The number of lanes is the machine's.
        String table = Option.table(RedisOptions.all())
                .replace(
                        "` | " + RedisOptions.LANES.type() + ", " + RedisOptions.LANES.range() + " | `"
                                + RedisOptions.LANES.defaultText() + "` | " + RedisOptions.LANES.doc(),
                        "` | " + RedisOptions.LANES.type() + ", " + RedisOptions.LANES.range() + " |  | "
                                + RedisOptions.LANES.doc());
        assertTrue(
                Files.readString(Path.of("README.md")).contains(table + "\n"),
                () -> "README.md lacks this table, with an empty line behind it:\n" + table);
    }
}
