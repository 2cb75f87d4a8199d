package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Limits;
import java.time.Duration;
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

    @Test
    void toArguments_areParsedToTheSameOptions() {
        DemoOptions options = DemoOptions.parse(List.of(
                "--backend=memory:a", "--lease=1500", "--records", "5000", "--rate=0", "--seed=-1", "--unsafe"));
        assertEquals(options, DemoOptions.parse(options.toArguments()));
        assertEquals(DemoOptions.DEFAULTS, DemoOptions.parse(DemoOptions.DEFAULTS.toArguments()));
    }

    @Test
    void grantedBy_raisesOnlyTheLeaseThatNobodyAskedFor() {
        Limits limits = Limits.builder().minLease(Duration.ofSeconds(10)).build();
        assertEquals(
                Duration.ofSeconds(10), DemoOptions.DEFAULTS.grantedBy(limits).lease());
        DemoOptions longer = DemoOptions.parse(List.of("--lease=12000"));
        assertEquals(longer, longer.grantedBy(limits));
        DemoOptions shorter = DemoOptions.parse(List.of("--lease=900"));
        UsageException refusal = assertThrows(UsageException.class, () -> shorter.grantedBy(limits));
        assertEquals(
                "--lease (900 ms) is shorter than the 10000 ms that this store grants at least", refusal.getMessage());
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
                "--lease 99 | --lease must be from 100 to 60000, was 99",
                "--records 10 | --records must be from 1000",
                "--seed 1 --seed=2 | --seed is given twice",
                "--unsafe=yes | --unsafe takes no value, but was given \"yes\"",
                "--workers 6 --partitions 5 | --workers (6) is more than --partitions (5)"
            })
    void parse_refuses(String line, String message) {
        UsageException refusal = assertThrows(UsageException.class, () -> DemoOptions.parse(List.of(line.split(" "))));
        assertTrue(refusal.getMessage().startsWith(message), refusal.getMessage());
    }
}
