package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoOptionsTest {

    @Test
    void parse_takesBothForms() {
        DemoOptions options = DemoOptions.parse(
                List.of("--workers", "5", "--partitions=8", "--seed", "-3", "--backend=memory:a?lease=1s", "--unsafe"));
        assertEquals(5, options.workers());
        assertEquals(8, options.partitions());
        assertEquals(-3, options.seed());
        assertEquals("memory:a?lease=1s", options.backend());
        assertTrue(options.unsafe());
    }

    @Test
    void parse_ofNothingGivesTheDefaults() {
        assertEquals(DemoOptions.DEFAULTS, DemoOptions.parse(List.of()));
    }

    /** The message must name the option and say what would be right. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--wrokers 5 | demo does not know \"--wrokers\"",
                "fast | demo does not know \"fast\"",
                "--workers | --workers needs a value",
                "--workers many | --workers needs a whole number, not \"many\"",
                "--workers 2 | --workers must be from 3 to 16, was 2",
                "--chunk 0 | --chunk must be from 1 to 1000, was 0",
                "--partitions 65 | --partitions must be from 3 to 64, was 65",
                "--rate -1 | --rate must be from 0",
                "--seed 99999999999999999999 | --seed needs a whole number",
                "--seed 1 --seed=2 | --seed is given twice",
                "--unsafe=yes | --unsafe takes no value, but was given \"yes\"",
                "--workers 6 --partitions 5 | --workers (6) is more than --partitions (5)"
            })
    void parse_refuses(String line, String message) {
        UsageException refusal = assertThrows(UsageException.class, () -> DemoOptions.parse(List.of(line.split(" "))));
        assertTrue(refusal.getMessage().startsWith(message), refusal.getMessage());
    }
}
