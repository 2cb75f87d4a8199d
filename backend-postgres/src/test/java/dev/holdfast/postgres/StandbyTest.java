package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseLostException;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A primary that dies and a standby that takes its place, with both in the URL. */
class StandbyTest {
    private static final Key KEY = Key.of("key");
    private static final byte[] VALUE = {1};
    private static final LockOptions HELD = LockOptions.renewing().renewingEvery(Duration.ofSeconds(2));

    @ParameterizedTest
    @ValueSource(strings = {"lockMode=session&sessionTimeout=1s", "lockMode=lease"})
    void promotedStandby_isFound_withWhatWasReplicatedAndHigherFences(String mode) throws Exception {
        PostgresOptions options = PostgresOptions.defaults().version("18").set("max_connections", "50");
        options.missing().ifPresent(why -> assumeTrue(false, "NOT RUN: " + why));
        try (PostgresServer primary = PostgresServer.start(options);
                Connection superuser = StateServer.connect(primary);
                PostgresServer standby = primary.startStandby(options, superuser)) {
            // The standby comes first, so whoever takes the first host that answers is wrong.
            String url = "postgresql://postgres@127.0.0.1:" + standby.port() + ",127.0.0.1:" + primary.port()
                    + "/postgres?" + mode + "&hostRecheckSeconds=0&connectTimeout=2";
            BackendUnavailableException readOnly =
                    assertThrows(BackendUnavailableException.class, () -> Backends.open(standby.url() + "?" + mode));
            assertTrue(readOnly.getMessage().contains("primary"), readOnly::getMessage);
            try (Backend backend = Backends.open(url)) {
                LockGuard before = backend.locks().acquire("a", HELD);
                backend.state().scope("s").fencedBy(before).put(KEY, VALUE);
                Until.eventually(() -> caughtUp(primary, standby));
                primary.kill();
                standby.promote();
                eventually(() -> {
                    backend.state().put(Key.of("after"), VALUE);
                    return true;
                });
                assertArrayEquals(
                        VALUE, backend.state().scope("s").get(KEY).orElseThrow(), "what was replicated is there");
                LockGuard after = eventually(() -> {
                    before.release();
                    return backend.locks().acquire("a", HELD);
                });
                assertTrue(after.fence().compareTo(before.fence()) > 0, "fences rise through a promotion");
                backend.state().scope("s").fencedBy(after).put(KEY, new byte[] {2});
                assertThrows(FencedOutException.class, () -> backend.state()
                        .scope("s")
                        .fencedBy(before.fence())
                        .put(KEY, new byte[] {3}));
                assertEquals(2, backend.state().scope("s").get(KEY).orElseThrow()[0]);
                after.release();
            }
        }
    }

    private static boolean caughtUp(PostgresServer primary, PostgresServer standby) throws Exception {
        long written = StateServer.ask(primary, "select (pg_current_wal_flush_lsn() - '0/0')::bigint");
        return StateServer.ask(standby, "select (pg_last_wal_replay_lsn() - '0/0')::bigint") >= written;
    }

    /** What an attempt answers as soon as the servers are there for it. */
    private static <T> T eventually(Callable<T> attempt) throws Exception {
        AtomicReference<T> answer = new AtomicReference<>();
        Until.eventually(() -> {
            try {
                answer.set(attempt.call());
                return true;
            } catch (BackendException | LeaseLostException notYet) {
                return false;
            }
        });
        return answer.get();
    }
}
