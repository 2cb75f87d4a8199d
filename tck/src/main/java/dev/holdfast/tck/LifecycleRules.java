package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.Scope;
import dev.holdfast.state.StateBackend;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Chapter Z: opening and closing. */
@SuppressWarnings(
        "NullAway") // Rules hand null to what must refuse it, and fail by an exception where an answer is missing.
abstract class LifecycleRules extends RuleChapter {
    private static final Key KEY = Key.of("key");

    @Test
    void Z01_after_close_every_operation_says_so_and_close_may_be_repeated() {
        Backend closing = newClient();
        StateBackend state = closing.state();
        Scope scope = state.scope("s");
        FencedScope fenced = state.scope("f").takeOver();
        closing.close();
        closing.close();
        Map<String, Executable> calls = new LinkedHashMap<>();
        calls.put("get", () -> state.get(KEY));
        calls.put("put", () -> state.put(KEY, bytes("x")));
        calls.put("scan", () -> state.scan(Key.EMPTY).count());
        calls.put("putAll", () -> state.putAll(Map.of(KEY, bytes("x"))));
        calls.put("scopes", () -> state.scopes("").count());
        calls.put("put in a scope", () -> scope.put(KEY, bytes("x")));
        calls.put("batch", () -> scope.batch().put(KEY, bytes("x")).tryCommit());
        calls.put("put in a fenced scope", () -> fenced.put(KEY, bytes("x")));
        calls.put("takeOver", scope::takeOver);
        calls.put("tryAcquire", () -> closing.locks().tryAcquire("lock", Duration.ofMinutes(1)));
        calls.put("isLocked", () -> closing.locks().isLocked("lock"));
        calls.put("publish", () -> closing.events().publish("c", bytes("x")));
        calls.put("subscribe", () -> closing.events().subscribe(Topic.channel("c"), (channel, payload) -> {}));
        calls.forEach((what, call) -> assertThrows(BackendClosedException.class, call, what));
        ExecutionException async = assertThrows(
                ExecutionException.class,
                () -> state.async().get(KEY).toCompletableFuture().get(1, TimeUnit.MINUTES));
        assertEquals(BackendClosedException.class, async.getCause().getClass());
    }

    @Test
    void Z02_after_close_no_thread_is_left() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Backend used = newClient();
        use(used);
        used.close();
        eventually(
                "the threads begun by the backend end", () -> newThreads(before).isEmpty());
    }

    @Test
    void Z03_opening_and_closing_again_and_again_leaves_nothing() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        for (int i = 0; i < 50; i++) {
            Backend used = newClient();
            use(used);
            used.close();
        }
        eventually(
                "the threads begun by 50 backends end", () -> newThreads(before).isEmpty());
        assertEquals(0, state().count(Key.EMPTY), "entries");
        assertEquals(0, locks().list("").count(), "locks");
    }

    @Test
    void Z04_close_releases_the_locks_it_holds() throws InterruptedException {
        Backend holder = newClient();
        LockGuard guard = holder.locks().tryAcquire("lock", Duration.ofHours(1)).orElseThrow();
        assertTrue(otherLocks().tryAcquire("lock", Duration.ofHours(1)).isEmpty(), "the lock is held");
        holder.close();
        assertFalse(guard.isHeld(), "the guard is held after close");
        eventually("another client gets the lock", () -> acquireAndRelease("lock"));
    }

    @Test
    void Z05_many_names_and_keys_leave_nothing_behind() throws InterruptedException {
        for (int i = 0; i < 1_000; i++) {
            state().put(key("k" + i), bytes("x"));
            state().delete(key("k" + i));
            try (LockGuard guard =
                    locks().tryAcquire("lock " + i, Duration.ofMinutes(1)).orElseThrow()) {
                assertTrue(guard.isHeld(), "held");
            }
        }
        assertEquals(0, otherState().count(Key.EMPTY), "entries");
        eventually("no lock is listed", () -> otherLocks().list("").findAny().isEmpty());
        eventually("no hold is counted", () -> client().stats().get("locks.held") == 0);
    }

    @Test
    void Z06_a_backend_that_cannot_be_opened_leaves_nothing_behind() {
        String uri = setting().subject().uri().orElseThrow(() -> new NotRun("the backend was not opened by URL"));
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        for (int i = 0; i < 50; i++) {
            assertThrows(
                    ConfigException.class,
                    () -> Backends.at(uri).set("lease", "0s").open());
        }
        eventually("no thread is left", () -> newThreads(before).isEmpty());
    }

    @Test
    void Z07_close_of_one_client_does_not_disturb_another() throws InterruptedException {
        try (LockGuard guard = locks().tryAcquire("lock", Duration.ofMinutes(5)).orElseThrow()) {
            state().put(KEY, bytes("x"));
            Backend closing = newClient();
            use(closing);
            closing.close();
            assertTrue(state().contains(KEY), "the entry is there");
            assertTrue(guard.isHeld(), "the lock is held");
            assertTrue(otherLocks().isLocked("lock"), "the lock is still in the store");
        }
    }

    @Test
    void Z08_the_backends_threads_have_its_name_and_do_not_keep_the_JVM_alive() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Backend used = newClient();
        use(used);
        List<String> bad = newThreads(before).stream()
                .filter(thread -> !thread.isDaemon() || thread.getName().matches("Thread-\\d+|pool-\\d+-thread-\\d+"))
                .map(Thread::getName)
                .toList();
        assertEquals(List.of(), bad, "threads that are no daemons or have no name");
    }

    @Test
    void Z09_close_amid_operations_ends_them_all() {
        for (int round = 0; round < 5; round++) {
            Backend closing = newClient();
            AtomicInteger closed = new AtomicInteger();
            race(4).freely(100, (thread, step) -> {
                if (thread == 0 && step == 50) {
                    closing.close();
                }
                try {
                    closing.state().put(key("by " + thread), bytes("x"));
                    Thread.yield();
                    closing.state().scope("s").batch().put(KEY, bytes("x")).tryCommit();
                } catch (BackendClosedException expected) {
                    closed.incrementAndGet();
                }
            });
            assertTrue(closed.get() > 0, "nobody was told that the backend is closed");
        }
        assertEquals(4, state().count(Key.EMPTY), "entries");
    }

    @Test
    void Z10_close_ends_waits_and_subscriptions() throws Exception {
        Backend closing = newClient();
        try (LockGuard held = locks().tryAcquire("lock", Duration.ofHours(1)).orElseThrow()) {
            assertTrue(held.isHeld(), "held");
            AtomicInteger heard = new AtomicInteger();
            Subscription subscription =
                    closing.events().subscribe(Topic.channel("c"), (channel, payload) -> heard.incrementAndGet());
            Background<?> waiting = start(() ->
                    closing.locks().tryAcquire("lock", LockOptions.renewing().within(Duration.ofHours(1))));
            waiting.awaitWaiting();
            closing.close();
            assertThrows(BackendClosedException.class, waiting::join);
            AtomicInteger other = new AtomicInteger();
            try (Subscription open = otherClient()
                    .events()
                    .subscribe(Topic.channel("c"), (channel, payload) -> other.incrementAndGet())) {
                client().events().publish("c", bytes("x"));
                eventually("an open subscription hears the event", () -> other.get() == 1);
            }
            assertEquals(0, heard.get(), "events heard after close");
            subscription.close();
        }
    }

    private boolean acquireAndRelease(String name) {
        try {
            return otherLocks()
                    .tryAcquire(name, Duration.ofMinutes(1))
                    .map(LockGuard::release)
                    .isPresent();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    /** A bit of everything, so that whatever a backend begins lazily is begun. */
    private static void use(Backend backend) {
        backend.state().put(key("used"), bytes("x"));
        backend.state().async().get(key("used")).toCompletableFuture().join();
        backend.state().delete(key("used"));
        try (Subscription subscription = backend.events().subscribe(Topic.channel("c"), (channel, payload) -> {});
                LockGuard guard = backend.locks().acquire("used")) {
            backend.events().publish("c", bytes("x"));
            guard.ensureHeld();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    /** Threads that were not there before, but for those of the JVM and of JUnit. */
    private static Set<Thread> newThreads(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && thread.isAlive())
                .filter(thread -> thread.getThreadGroup() == null
                        || !thread.getThreadGroup().getName().equals("system"))
                .filter(thread -> !thread.getName().startsWith("tck-")
                        && !thread.getName().startsWith("junit-"))
                .collect(Collectors.toSet());
    }
}
