package dev.holdfast.architecture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Key;
import dev.holdfast.state.FencedScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The example of the README compiles, runs, and is what stands there. */
class ReadmeTest {
    private static final Path SOURCE = Path.of("src/test/java/dev/holdfast/architecture/ReadmeTest.java");

    private static void example() throws InterruptedException {
        // begin
        try (Backend backend = Backends.open("memory:shop");
                LockGuard guard = backend.locks().acquire("orders/7", Duration.ofSeconds(30))) {
            FencedScope order = backend.state().scope("orders/7").fencedBy(guard);
            order.batch()
                    .put(Key.of("status"), "paid".getBytes(UTF_8))
                    .delete(Key.of("reserved-until"))
                    .commit(); // all or nothing; refused if we are no longer the holder
        }
        // end
    }

    @Test
    void theExample_doesWhatItSays() throws InterruptedException {
        try (Backend witness = Backends.open("memory:shop")) {
            example();
            assertArrayEquals(
                    "paid".getBytes(UTF_8),
                    witness.state().scope("orders/7").get(Key.of("status")).orElseThrow());
        }
    }

    @Test
    void theExample_isTheOneThatIsTested() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        String source = Files.readString(SOURCE);
        assertEquals(
                between(source, "// begin\n", "        // end").indent(-8).strip(),
                between(readme, "```java\n", "```").strip());
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }
}
