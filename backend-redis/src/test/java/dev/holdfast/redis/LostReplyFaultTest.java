package dev.holdfast.redis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.ReleaseOutcome;
import dev.holdfast.servers.FaultProxy;
import dev.holdfast.servers.FaultProxy.Direction;
import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import dev.holdfast.servers.Until;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Version;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.FencedScope;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A connection that is reset at every byte of a request and of its reply, once each. Whatever byte it is, the caller gets the true
 * outcome or an error that does not claim one, and nothing is done twice or left behind.
 */
class LostReplyFaultTest {
    private static final Duration HOURS = Duration.ofHours(2);
    private static final Duration LEASE = Duration.ofSeconds(2);
    /** More than any request or reply here has. */
    private static final int MOST_BYTES = 4_000;

    private RedisServer server;
    private FaultProxy proxy;
    /** Behind the proxy. */
    private Backend backend;
    /** Past the proxy. */
    private Backend witness;

    @BeforeEach
    void start() {
        server = RedisServer.start(RedisOptions.defaults().proxies());
        proxy = server.proxy();
        backend = Backends.open(server.url());
        witness = Backends.open("redis://127.0.0.1:" + server.directPort());
    }

    @AfterEach
    void stop() {
        backend.close();
        witness.close();
        server.close();
    }

    /** What is done with one connection that is cut, and judged after it. */
    private interface Trial {
        void run(int offset) throws Exception;
    }

    @Tag("faults")
    @ParameterizedTest
    @EnumSource(Direction.class)
    void acquire_isGrantedOrLeavesNothing(Direction direction) throws Exception {
        atEveryByte("acquire", direction, offset -> {
            String name = "acquire " + offset;
            Optional<LockGuard> guard;
            try {
                guard = arm(direction, offset, () -> backend.locks().tryAcquire(name, HOURS));
            } catch (BackendUnavailableException | OutcomeUnknownException failed) {
                free(name);
                return;
            }
            assertTrue(guard.isPresent(), "refused, though nobody else wants it");
            assertTrue(witness.locks().tryAcquire(name, LEASE).isEmpty(), "granted, and free");
            assertEquals(ReleaseOutcome.RELEASED, guard.get().release());
            free(name);
        });
    }

    @Tag("faults")
    @ParameterizedTest
    @EnumSource(Direction.class)
    void release_freesTheLock(Direction direction) throws Exception {
        atEveryByte("release", direction, offset -> {
            String name = "release " + offset;
            LockGuard guard = backend.locks().tryAcquire(name, HOURS).orElseThrow();
            ReleaseOutcome outcome = arm(direction, offset, guard::release);
            assertTrue(outcome != ReleaseOutcome.ALREADY_LOST, outcome::toString);
            assertFalse(guard.isHeld());
            if (outcome == ReleaseOutcome.RELEASED) {
                assertFalse(witness.locks().isLocked(name), "said to be released, and held");
            }
            free(name);
        });
    }

    @ParameterizedTest
    @EnumSource(Direction.class)
    void putIfAbsent_tellsTheTruth(Direction direction) throws Exception {
        atEveryByte("put if absent", direction, offset -> {
            Key key = Key.of("absent " + offset);
            byte[] value = bytes("value " + offset);
            try {
                Optional<Version> version =
                        arm(direction, offset, () -> backend.state().putIfAbsent(key, value));
                assertTrue(version.isPresent(), "refused, though nothing was there");
                assertEquals(
                        version.get(),
                        witness.state().getEntry(key).orElseThrow().version());
            } catch (BackendUnavailableException notApplied) {
                assertTrue(witness.state().get(key).isEmpty(), "said not to be applied, and is there");
            } catch (OutcomeUnknownException either) {
                witness.state().get(key).ifPresent(there -> assertArrayEquals(value, there));
            }
        });
    }

    @Tag("faults")
    @ParameterizedTest
    @EnumSource(Direction.class)
    void compareAndSet_tellsTheTruth(Direction direction) throws Exception {
        Key key = Key.of("cell");
        witness.state().put(key, bytes("first"));
        atEveryByte("compare and set", direction, offset -> {
            var before = witness.state().getEntry(key).orElseThrow();
            byte[] value = bytes("value " + offset);
            boolean applied;
            try {
                Optional<Version> version =
                        arm(direction, offset, () -> backend.state().compareAndSet(key, before.version(), value));
                assertTrue(version.isPresent(), "refused, though nobody interfered");
                applied = true;
            } catch (BackendUnavailableException notApplied) {
                applied = false;
            } catch (OutcomeUnknownException either) {
                return;
            }
            assertArrayEquals(
                    applied ? value : before.value(), witness.state().get(key).orElseThrow());
        });
    }

    @Tag("faults")
    @ParameterizedTest
    @EnumSource(Direction.class)
    void fencedBatch_isAppliedOnce(Direction direction) throws Exception {
        FencedScope scope = backend.state().scope("batch").takeOver();
        Key first = Key.of("first");
        Key second = Key.of("second");
        atEveryByte("fenced batch", direction, offset -> {
            long before = witness.state().scope("batch").mark().orElseThrow().commit();
            byte[] value = bytes("value " + offset);
            boolean applied;
            try {
                CommitResult result = arm(direction, offset, () -> scope.batch()
                        .put(first, value)
                        .put(second, value)
                        .after(before)
                        .tryCommit());
                assertEquals(CommitResult.Status.APPLIED, result.status());
                assertEquals(before + 1, result.commit());
                applied = true;
            } catch (BackendUnavailableException notApplied) {
                applied = false;
            } catch (OutcomeUnknownException either) {
                applied = witness.state().scope("batch").mark().orElseThrow().commit() > before;
            }
            long after = witness.state().scope("batch").mark().orElseThrow().commit();
            assertEquals(applied ? before + 1 : before, after);
            if (applied) {
                var entries = witness.state().scope("batch").getAll(List.of(first, second));
                assertArrayEquals(value, entries.get(first));
                assertArrayEquals(value, entries.get(second));
            }
        });
    }

    /** Runs the trial with a cut after 0, 1, 2 and so on bytes, until an offset is behind the last byte that the operation moves. */
    private void atEveryByte(String what, Direction direction, Trial trial) throws Exception {
        // So that only the operation itself is on the way, neither a login nor the loading of a script.
        trial.run(MOST_BYTES);
        int offset = 0;
        long before;
        do {
            before = proxy.cuts();
            trial.run(offset);
            offset++;
        } while (proxy.cuts() > before && offset < MOST_BYTES);
        assertTrue(offset > 4, "only " + offset + " bytes of " + what + " were tried");
        FaultReport.say("one server, " + what + ", cut " + direction + " at each byte", offset - 1 + " bytes");
    }

    private <T> T arm(Direction direction, int offset, Callable<T> operation) throws Exception {
        proxy.cutAfter(direction, offset);
        try {
            return operation.call();
        } finally {
            proxy.heal();
        }
    }

    /** Whatever became of it, the name is free for others soon, long before the lease asked for is over. */
    private void free(String name) throws Exception {
        Until.holds(name + " is free", () -> {
            try {
                Optional<LockGuard> guard = witness.locks().tryAcquire(name, LEASE);
                guard.ifPresent(LockGuard::release);
                return guard.isPresent();
            } catch (BackendException notYet) {
                return false;
            }
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
