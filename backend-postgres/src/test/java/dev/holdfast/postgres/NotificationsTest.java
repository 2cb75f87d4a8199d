package dev.holdfast.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.BackendUri;
import dev.holdfast.config.Settings;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The connection that listens, while its server is away. */
class NotificationsTest {
    private static final String LOST = "The connection that listens to PostgreSQL was lost";
    private static final String AGAIN = "Listening to PostgreSQL again";

    @Test
    void outage_isToldOnceHoweverManyAttemptsItTakes_andOnceThatItIsOver() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        AtomicInteger restored = new AtomicInteger();
        PrintStream console = System.err;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (PostgresServer server = LockServer.start();
                Database database = Database.open(
                        BackendUri.of(server.url()), Settings.defaults(new PostgresBackendProvider().options()));
                Notifications notifications = Notifications.open(database, 7, 1)) {
            notifications.onDisconnected(attempts::incrementAndGet);
            notifications.onRestored(restored::incrementAndGet);
            System.setErr(new PrintStream(written, true, UTF_8));
            for (int outage = 1; outage <= 2; outage++) {
                int before = attempts.get();
                int stood = restored.get();
                server.kill();
                Until.eventually(() -> attempts.get() >= before + 5);
                server.restart();
                Until.eventually(() -> restored.get() > stood);
                int told = outage;
                Until.eventually(() -> count(written, AGAIN) == told);
                assertEquals(outage, count(written, LOST), () -> written.toString(UTF_8));
            }
        } finally {
            System.setErr(console);
        }
        assertEquals(2, count(written, LOST), () -> written.toString(UTF_8));
    }

    private static long count(ByteArrayOutputStream written, String words) {
        return written.toString(UTF_8)
                .lines()
                .filter(line -> line.contains(words))
                .count();
    }
}
