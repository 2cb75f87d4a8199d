package dev.holdfast.serde;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.serde.msgpack.MessagePackSerde;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Batch;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The typed doors do what the plain ones do, on every kind of state; a subclass for each backend. */
abstract class TypedStateCase {
    record Account(String owner, long cents) {}

    private static final Account ADA = new Account("ada", 1);
    private static final Account BOB = new Account("bob", 2);
    private static final Duration LONG = Duration.ofHours(1);
    private static final KeySerde<String> KEYS = KeySerde.text().under("account/");
    private static final Serde<Account> ACCOUNTS = MessagePackSerde.of(Account.class);

    private final Map<KeyedState, TypedState<String, Account>> views = new LinkedHashMap<>();
    private Backend backend;

    /** The store to be tested; one of a server may be in use by others. */
    abstract String url();

    @BeforeEach
    void open() {
        backend = Backends.at(url()).namespace("typed-" + Version.fresh()).open();
        Scope scope = backend.state().scope("plain");
        FencedScope fenced = backend.state().scope("fenced").takeOver();
        views.put(backend.state(), TypedState.over(backend.state(), KEYS, ACCOUNTS));
        views.put(scope, TypedState.over(scope, KEYS, ACCOUNTS));
        views.put(fenced, TypedState.over(fenced, KEYS, ACCOUNTS));
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    @Test
    void oneKey() {
        views.forEach((plain, accounts) -> {
            assertEquals(Optional.empty(), accounts.get("a"));
            Version version = accounts.put("a", ADA);
            assertEquals(Optional.of(ADA), accounts.get("a"));
            assertEquals(Optional.of(new TypedEntry<>("a", ADA, version)), accounts.getEntry("a"));
            assertTrue(accounts.contains("a"));
            assertArrayEquals(
                    ACCOUNTS.encode(ADA), plain.get(Key.of("account/a")).orElseThrow());
            assertTrue(accounts.delete("a"));
            assertFalse(accounts.delete("a"));
        });
    }

    @Test
    void conditionalWrites() {
        views.forEach((plain, accounts) -> {
            Version first = accounts.putIfAbsent("a", ADA).orElseThrow();
            assertEquals(Optional.empty(), accounts.putIfAbsent("a", BOB));
            Version second = accounts.compareAndSet("a", first, BOB).orElseThrow();
            assertEquals(Optional.empty(), accounts.compareAndSet("a", first, ADA));
            assertEquals(Optional.of(BOB), accounts.get("a"));
            assertFalse(accounts.compareAndDelete("a", first));
            assertTrue(accounts.compareAndDelete("a", second));
            Version timed = accounts.putIfAbsent("a", ADA, LONG).orElseThrow();
            assertTrue(accounts.compareAndSet("a", timed, BOB, LONG).isPresent());
            assertNotEquals(Expiry.NEVER, accounts.expiry("a"));
        });
    }

    @Test
    void update_makesChangesAndDeletes() {
        views.forEach((plain, accounts) -> {
            TypedState.Change<Account> add = old -> old == null ? ADA : new Account(old.owner(), old.cents() + 1);
            assertEquals(ADA, accounts.update("a", add).orElseThrow().value());
            TypedEntry<String, Account> entry = accounts.update("a", add).orElseThrow();
            assertEquals(new Account("ada", 2), entry.value());
            assertEquals(Optional.of(entry), accounts.getEntry("a"));
            assertEquals(Optional.empty(), accounts.update("a", old -> null));
            assertFalse(accounts.contains("a"));
        });
    }

    @Test
    void timeToLive() {
        views.forEach((plain, accounts) -> {
            accounts.put("a", ADA, LONG);
            assertTrue(accounts.expiry("a").remaining().compareTo(LONG) <= 0);
            assertTrue(accounts.persist("a"));
            assertEquals(Expiry.NEVER, accounts.expiry("a"));
            assertTrue(accounts.expire("a", LONG));
            assertFalse(accounts.expire("b", LONG));
            assertEquals(Expiry.ABSENT, accounts.expiry("b"));
        });
    }

    @Test
    void severalKeys() {
        views.forEach((plain, accounts) -> {
            accounts.putAll(Map.of("a", ADA, "b", BOB));
            accounts.putAll(Map.of("c", ADA), LONG);
            assertEquals(Map.of("a", ADA, "b", BOB), accounts.getAll(List.of("a", "b", "z")));
            assertEquals(2, accounts.deleteAll(Set.of("a", "c", "z")));
            assertEquals(1, accounts.count());
        });
    }

    @Test
    void scans_stayUnderThePrefix() {
        views.forEach((plain, accounts) -> {
            plain.put(Key.of("other"), new byte[] {1});
            plain.put(Key.of("accounts"), new byte[] {1});
            accounts.putAll(Map.of("a1", ADA, "a2", BOB, "b", BOB));
            assertEquals(
                    Set.of("a1", "a2", "b"),
                    new HashSet<>(accounts.scan().map(TypedEntry::key).toList()));
            assertEquals(
                    Set.of(ADA, BOB),
                    new HashSet<>(accounts.scan("a").map(TypedEntry::value).toList()));
            assertEquals(List.of("a1", "a2", "b"), sortedUnlessOrdered(pages(accounts)));
            assertThrows(
                    IllegalArgumentException.class, () -> accounts.scan(new ScanRequest(Key.EMPTY, null, 2, false)));
            assertEquals(3, accounts.count());
            assertEquals(3, accounts.clear());
            assertEquals(2, plain.count(Key.EMPTY));
        });
    }

    /** The keys by pages of two, as a user would turn them. */
    private static List<String> pages(TypedState<String, Account> accounts) {
        List<String> keys = new ArrayList<>();
        ScanRequest request = new ScanRequest(accounts.keys().prefix(), null, 2, false);
        while (true) {
            Page<TypedEntry<String, Account>> page = accounts.scan(request);
            assertTrue(page.items().size() <= 2);
            page.items().forEach(entry -> keys.add(entry.key()));
            Key next = page.next();
            if (next == null) {
                return keys;
            }
            request = request.from(next);
        }
    }

    private List<String> sortedUnlessOrdered(List<String> keys) {
        return backend.capabilities().contains(Capability.ORDERED_SCAN)
                ? keys
                : keys.stream().sorted().toList();
    }

    @Test
    void withoutBlocking() {
        views.forEach((plain, blocking) -> {
            AsyncTypedState<String, Account> accounts = blocking.async();
            Version version = await(accounts.put("a", ADA));
            assertEquals(Optional.of(ADA), await(accounts.get("a")));
            assertEquals(Optional.of(new TypedEntry<>("a", ADA, version)), await(accounts.getEntry("a")));
            assertTrue(await(accounts.contains("a")));
            assertEquals(Optional.empty(), await(accounts.putIfAbsent("a", BOB)));
            assertEquals(Optional.empty(), await(accounts.putIfAbsent("a", BOB, LONG)));
            assertTrue(await(accounts.compareAndSet("a", version, BOB)).isPresent());
            assertFalse(await(accounts.compareAndSet("a", version, BOB, LONG)).isPresent());
            assertFalse(await(accounts.compareAndDelete("a", version)));
            assertEquals(
                    ADA, await(accounts.update("a", old -> ADA)).orElseThrow().value());
            await(accounts.put("t", ADA, LONG));
            assertTrue(await(accounts.persist("t")));
            assertTrue(await(accounts.expire("t", LONG)));
            assertNotEquals(Expiry.NEVER, await(accounts.expiry("t")));
            await(accounts.putAll(Map.of("b", BOB)));
            await(accounts.putAll(Map.of("c", BOB), LONG));
            assertEquals(Map.of("a", ADA, "b", BOB), await(accounts.getAll(List.of("a", "b"))));
            Page<TypedEntry<String, Account>> page =
                    await(accounts.scan(new ScanRequest(KEYS.prefix(), null, 10, false)));
            assertEquals(4, page.items().size());
            assertEquals(4, await(accounts.count()));
            assertEquals(1, await(accounts.deleteAll(List.of("b"))));
            assertTrue(await(accounts.delete("a")));
            assertEquals(2, await(accounts.clear()));
        });
    }

    @Test
    void oneBatch_takesSeveralTypes() {
        Scope scope = backend.state().scope("orders");
        TypedState<String, Account> accounts = TypedState.over(scope, KEYS, ACCOUNTS);
        TypedState<Long, Long> offsets =
                TypedState.over(scope, KeySerde.int64().under("offset/"), MessagePackSerde.of(Long.class));

        Batch batch = scope.batch();
        accounts.in(batch).put("a", ADA).put("b", BOB, LONG).requireAbsent("a").requireAbsent("c");
        offsets.in(batch).put(7L, 42L);
        batch.commit();
        assertEquals(Optional.of(42L), offsets.get(7L));
        assertEquals(2, accounts.count());
        assertEquals(1, offsets.count());

        Version version = accounts.getEntry("a").orElseThrow().version();
        Batch second = scope.batch();
        accounts.in(second).requireVersion("a", version).delete("a").requirePresent("b");
        assertEquals(CommitResult.Status.APPLIED, second.tryCommit().status());

        TypedBatch<String, Account> third =
                accounts.in(scope.batch()).requirePresent("a").put("b", ADA);
        CommitResult result = third.batch().tryCommit();
        assertEquals(CommitResult.Status.CONFLICT, result.status());
        assertEquals("a", accounts.keys().decode(result.conflict()));
        assertEquals(Optional.of(BOB), accounts.get("b"));
    }

    @Test
    void aSupersededWriter_isRefused() {
        Scope scope = backend.state().scope("fenced");
        TypedState<String, Account> accounts = TypedState.over(scope.takeOver(), KEYS, ACCOUNTS);
        accounts.put("a", ADA);
        scope.takeOver();
        assertThrows(FencedOutException.class, () -> accounts.put("a", BOB));
        assertEquals(Optional.of(ADA), accounts.get("a"));
    }

    @Test
    void aCorruptValue_isToldWithItsKey_andStaysAsItIs() {
        views.forEach((plain, accounts) -> {
            byte[] foreign = "no account".getBytes(UTF_8);
            plain.put(Key.of("account/x"), foreign);
            for (Runnable read : List.<Runnable>of(
                    () -> accounts.get("x"),
                    () -> accounts.getEntry("x"),
                    () -> accounts.getAll(List.of("x")),
                    () -> accounts.update("x", old -> ADA),
                    () -> accounts.scan().forEach(entry -> {}))) {
                String message =
                        assertThrows(CorruptValueException.class, read::run).getMessage();
                assertTrue(message.startsWith("value at key \"account/x\": Account cannot be read: "), message);
            }
            ExecutionException failed = assertThrows(
                    ExecutionException.class,
                    () -> accounts.async().get("x").toCompletableFuture().get());
            assertInstanceOf(CorruptValueException.class, failed.getCause());
            for (CompletionStage<?> stage : List.of(
                    accounts.async().update("x", old -> ADA), accounts.async().get("x"))) {
                Throwable error = await(stage.handle((answer, failure) -> failure));
                assertSame(CorruptValueException.class, error.getClass(), "no wrapper of it");
            }
            assertArrayEquals(foreign, plain.get(Key.of("account/x")).orElseThrow());
            accounts.put("x", ADA);
            assertEquals(Optional.of(ADA), accounts.get("x"));
        });
    }

    @Test
    void whatCannotBeEncoded_isRefusedBeforeAnythingIsStored() {
        views.forEach((plain, accounts) -> {
            Account nameless = new Account(null, 1);
            assertThrows(IllegalArgumentException.class, () -> accounts.put("a", nameless));
            assertThrows(IllegalArgumentException.class, () -> accounts.async().put("a", nameless));
            Map<String, Account> some = new LinkedHashMap<>(Map.of("a", ADA));
            some.put("b", nameless);
            assertThrows(IllegalArgumentException.class, () -> accounts.putAll(some));
            assertThrows(IllegalArgumentException.class, () -> accounts.update("a", old -> nameless));
            assertThrows(CompletionException.class, () -> await(accounts.async().update("a", old -> nameless)));
            assertThrows(NullPointerException.class, () -> accounts.put("a", null));
            assertThrows(NullPointerException.class, () -> accounts.put(null, ADA));
            assertEquals(0, accounts.count());
        });
    }

    @Test
    void toString_showsNoValue() {
        assertEquals("TypedEntry[a, version 0000000000000001]", new TypedEntry<>("a", ADA, new Version(1)).toString());
    }
}
