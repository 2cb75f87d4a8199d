package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Fenced;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.UnsupportedCapabilityException;
import dev.holdfast.spi.Version;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad arguments are refused before the store hears of them, with messages that say what would be accepted. */
class StateArgumentsTest {
    private static final Key KEY = Key.of("key");
    private static final byte[] VALUE = {1};
    private static final Version VERSION = new Version(1);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final MapStateStore map = new MapStateStore();
    private FaultyStore store = store(Capability.TTL, Capability.NATIVE_SCOPES);
    private int askedToOpen;

    private FaultyStore store(Capability... declared) {
        map.limits = Limits.builder()
                .maxKeyBytes(8)
                .maxNameBytes(8)
                .maxValueBytes(200)
                .maxBatchEntries(3)
                .maxBatchBytes(30)
                .maxTtl(Duration.ofDays(1))
                .build();
        FaultyStore made = new FaultyStore(new ScopesInOneValue(map, Time.system()));
        made.declared.addAll(List.of(declared));
        return made;
    }

    private KeyedState open(Door door) {
        KeyedState state = door.open(backend("test"));
        askedToOpen = store.asked.get();
        return state;
    }

    private StateBackend backend(String namespace) {
        return StateBackend.over(store, namespace, () -> false);
    }

    @AfterEach
    void nothingWasAsked() {
        assertEquals(askedToOpen, store.asked.get());
    }

    private static void assertNull(String parameter, Executable operation) {
        assertEquals(
                parameter, assertThrows(NullPointerException.class, operation).getMessage());
    }

    private static void assertRefused(Executable operation, String... parts) {
        String message = assertThrows(IllegalArgumentException.class, operation).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "expected " + part + " in: " + message);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nulls_areRefusedByName(Door door) {
        KeyedState state = open(door);
        assertNull("key", () -> state.get(null));
        assertNull("key", () -> state.getEntry(null));
        assertNull("key", () -> state.contains(null));
        assertNull("key", () -> state.put(null, VALUE));
        assertNull("value", () -> state.put(KEY, null));
        assertNull("ttl", () -> state.put(KEY, VALUE, null));
        assertNull("key", () -> state.delete(null));
        assertNull("value", () -> state.putIfAbsent(KEY, null));
        assertNull("ttl", () -> state.putIfAbsent(KEY, VALUE, null));
        assertNull("expected", () -> state.compareAndSet(KEY, null, VALUE));
        assertNull("value", () -> state.compareAndSet(KEY, VERSION, null));
        assertNull("ttl", () -> state.compareAndSet(KEY, VERSION, VALUE, null));
        assertNull("expected", () -> state.compareAndDelete(KEY, null));
        assertNull("change", () -> state.update(KEY, null));
        assertNull("key", () -> state.expiry(null));
        assertNull("ttl", () -> state.expire(KEY, null));
        assertNull("key", () -> state.persist(null));
        assertNull("keys", () -> state.getAll(null));
        assertNull("key", () -> state.getAll(Arrays.asList(KEY, null)));
        assertNull("values", () -> state.putAll(null));
        assertNull("ttl", () -> state.putAll(Map.of(), null));
        assertNull("keys", () -> state.deleteAll(null));
        assertNull("request", () -> state.scan((ScanRequest) null));
        assertNull("prefix", () -> state.scan((Key) null));
        assertNull("prefix", () -> state.count(null));
        assertNull("prefix", () -> state.clear(null));
    }

    @ParameterizedTest
    @EnumSource
    void sizesAboveTheLimit_areRefusedByNameAndNumber(Door door) {
        KeyedState state = open(door);
        Key longKey = Key.of("123456789");
        assertRefused(() -> state.get(longKey), "key has 9 bytes", "maxKeyBytes=8", "shorten");
        assertRefused(() -> state.put(longKey, VALUE), "maxKeyBytes=8");
        assertRefused(() -> state.deleteAll(List.of(KEY, longKey)), "maxKeyBytes=8");
        assertRefused(() -> state.scan(longKey), "prefix has 9 bytes");
        assertRefused(() -> state.put(KEY, new byte[201]), "value has 201 bytes", "maxValueBytes=200", "split");
        assertRefused(() -> state.putAll(Map.of(KEY, new byte[201])), "maxValueBytes=200");
        if (!door.isRoot()) {
            assertRefused(() -> state.put(KEY, new byte[28]), "batch has 31 bytes", "maxBatchBytes=30");
        }
    }

    @ParameterizedTest
    @EnumSource
    void timesToLive_outsideTheirRangeAreRefused(Door door) {
        KeyedState state = open(door);
        for (Duration ttl : List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
            assertRefused(() -> state.put(KEY, VALUE, ttl), "longer than zero", ttl.toString());
            assertRefused(() -> state.expire(KEY, ttl), "longer than zero");
        }
        for (Duration ttl : List.of(Duration.ofDays(1).plusNanos(1), Duration.ofSeconds(Long.MAX_VALUE))) {
            assertRefused(() -> state.putIfAbsent(KEY, VALUE, ttl), ttl.toString(), "maxTtl=PT24H");
            assertRefused(() -> state.putAll(Map.of(KEY, VALUE), ttl), "maxTtl=PT24H");
        }
    }

    @ParameterizedTest
    @EnumSource
    void undeclaredAbilities_areRefusedBeforeTheStore(Door door) {
        store = store();
        KeyedState state = open(door);
        List<Executable> needTtl = List.of(
                () -> state.put(KEY, VALUE, SECOND),
                () -> state.putIfAbsent(KEY, VALUE, SECOND),
                () -> state.compareAndSet(KEY, VERSION, VALUE, SECOND),
                () -> state.putAll(Map.of(KEY, VALUE), SECOND),
                () -> state.expire(KEY, SECOND),
                () -> state.persist(KEY),
                () -> state.expiry(KEY));
        for (Executable one : needTtl) {
            assertEquals(
                    Capability.TTL,
                    assertThrows(UnsupportedCapabilityException.class, one).capability());
        }
        UnsupportedCapabilityException reverse = assertThrows(
                UnsupportedCapabilityException.class, () -> state.scan(new ScanRequest(Key.EMPTY, null, 1, true)));
        assertEquals(Capability.ORDERED_SCAN, reverse.capability());
    }

    @ParameterizedTest
    @EnumSource(names = {"SCOPE", "SCOPE_ASYNC", "FENCED", "FENCED_ASYNC"})
    void timesToLive_inAScopeNeedScopesKeptEntryByEntry(Door door) {
        store = store(Capability.TTL);
        KeyedState state = open(door);
        UnsupportedCapabilityException refused =
                assertThrows(UnsupportedCapabilityException.class, () -> state.put(KEY, VALUE, SECOND));
        assertEquals(Capability.NATIVE_SCOPES, refused.capability());
        assertThrows(UnsupportedCapabilityException.class, () -> state.expiry(KEY));
    }

    @Test
    void errorsOtherThanBadArguments_completeTheStage() {
        store = store();
        AsyncStateBackend async = backend("test").async();
        assertThrows(NullPointerException.class, () -> async.get(null));
        CompletableFuture<?> stage =
                assertDoesNotThrow(() -> async.persist(KEY)).toCompletableFuture();
        assertEquals(
                UnsupportedCapabilityException.class,
                assertThrows(ExecutionException.class, stage::get).getCause().getClass());
    }

    @Test
    void names_areCheckedBeforeTheyAreUsed() {
        StateBackend backend = backend("test");
        assertNull("namespace", () -> backend(null));
        assertRefused(() -> backend("123456789"), "namespace has 9 bytes", "maxNameBytes=8");
        assertRefused(() -> backend("\uD800"), "namespace", "surrogate");
        assertNull("scope name", () -> backend.scope(null));
        assertRefused(() -> backend.scope("123456789"), "scope name has 9 bytes", "maxNameBytes=8");
        assertRefused(() -> backend.scope("\uDFFF"), "scope name", "surrogate");
        assertRefused(() -> backend.forget("123456789"), "maxNameBytes=8");
        assertNull("prefix", () -> backend.scopes(null));
        assertEquals("", backend.scope("").name());
        assertNull("holder", () -> backend.scope("s").fencedBy((Fenced) null));
        assertNull("fence", () -> backend.scope("s").fencedBy((FencingToken) null));
    }

    @Test
    void batches_refuseWhatDoesNotFitAndStayUsable() {
        Batch batch = backend("test").scope("s").batch();
        assertRefused(() -> batch.put(KEY, new byte[28]), "batch has 31 bytes", "maxBatchBytes=30");
        batch.put(KEY, VALUE).requireAbsent(KEY).delete(Key.of("b"));
        assertRefused(() -> batch.delete(Key.of("c")), "4 puts, deletes and preconditions", "maxBatchEntries=3");
        assertRefused(() -> batch.put(KEY, VALUE), "written twice");
        assertRefused(() -> batch.requirePresent(KEY), "two preconditions");
        assertNull("key", () -> batch.put(null, VALUE));
        assertNull("version", () -> batch.requireVersion(KEY, null));
        assertThrows(IllegalStateException.class, () -> batch.after(1));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 999_999, 1_000_000, 1_000_001, 86_400_000_000_000L})
    void timesToLive_areRoundedUpToMilliseconds(long nanos) {
        StateContext context = new StateContext(store, "test", () -> false);
        assertEquals((nanos + 999_999) / 1_000_000, context.ttlMillis(Duration.ofNanos(nanos)));
    }
}
