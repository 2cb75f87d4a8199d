package dev.holdfast.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartTest {
    private static Result at(int x) throws IOException {
        return new ObjectMapper()
                .readValue(
                        String.format(
                                "{\"scenario\": \"redis-lossy\", \"title\": \"turns\", \"axis\": \"lost\", \"x\": %d,"
                                        + " \"contender\": \"holdfast\", \"perSecond\": 500, \"clientMicros\": 30}",
                                x),
                        Result.class);
    }

    @Test
    void zero_hasNoPlaceOnTheAxis_andOnePointIsNoCurve(@TempDir Path folder) throws IOException {
        assertEquals(List.of(), Chart.draw(List.of(at(0), at(10)), folder));

        Path drawing = folder.resolve("redis-lossy.svg");
        assertEquals(List.of(drawing), Chart.draw(List.of(at(0), at(10), at(100)), folder));
        String svg = Files.readString(drawing);
        assertFalse(svg.contains("NaN") || svg.contains("Infinity"), svg);
    }
}
