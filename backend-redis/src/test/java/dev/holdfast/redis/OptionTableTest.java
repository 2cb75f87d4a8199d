package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.config.Option;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The README lists every option as the code declares it, and no other. */
class OptionTableTest {
    private static final String HEAD = "| Option | Values | Default | |";

    @Test
    void options_areThoseOfTheReadme() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("README.md"));
        List<String> table = lines.stream()
                .skip(lines.indexOf(HEAD) + 2L)
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        assertEquals(
                String.join(
                        "\n",
                        RedisOptions.all().stream().map(OptionTableTest::row).toList()),
                String.join("\n", table));
    }

    private static String row(Option<?> option) {
        // The number of lanes is the machine's.
        boolean none = option.defaultText().isEmpty() || option == RedisOptions.LANES;
        return "| `" + option.name() + "` | " + option.type() + ", " + option.range() + " | "
                + (none ? "" : "`" + option.defaultText() + "`") + " | " + option.doc() + " |";
    }
}
