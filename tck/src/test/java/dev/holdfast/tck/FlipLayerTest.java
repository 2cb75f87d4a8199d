package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Scope;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Layers wrap ports, so nothing a user does gets around them: not through a scope, a batch, a lock or an event. */
class FlipLayerTest {
    private static final String PLAIN = "these words are nowhere in the store";

    @Test
    void layer_seesEveryValue() throws InterruptedException {
        StrangerBackend.MapStore map = new StrangerBackend.MapStore();
        byte[] value = PLAIN.getBytes(StandardCharsets.UTF_8);
        try (Backend backend = Backends.over("map", Stores.of(map))
                        .layer(new FlipLayer())
                        .open();
                LockGuard guard = backend.locks()
                        .tryAcquire("lock", Duration.ofMinutes(1))
                        .orElseThrow()) {
            backend.state().put(Key.of("root"), value);
            backend.state().putAll(Map.of(Key.of("a"), value, Key.of("b"), value));
            backend.state().update(Key.of("a"), old -> value);
            Scope scope = backend.state().scope("scope");
            scope.put(Key.of("a"), value);
            scope.batch().put(Key.of("b"), value).commit();
            backend.state().scope("fenced").fencedBy(guard).put(Key.of("a"), value);
            backend.events().publish("channel", value);
            assertEquals(PLAIN, new String(scope.get(Key.of("b")).orElseThrow(), StandardCharsets.UTF_8));

            assertFalse(map.map.isEmpty(), "the store is empty");
            map.map.forEach((key, record) -> assertFalse(
                    new String(record, StandardCharsets.ISO_8859_1).contains(PLAIN), () -> "plain words at " + key));
            Space root = Space.root("default");
            for (String key : List.of("root", "a", "b")) {
                byte[] record = map.map.get(root.encode(Key.of(key)));
                assertEquals(FlipLayer.ENCODING, Stored.ofRecord(record).encoding(), () -> "the encoding at " + key);
            }
        }
    }
}
