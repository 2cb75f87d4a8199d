package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.ManualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryEventStoreTest {
    private final Memory memory = new Memory("memory", new ManualTime());
    private final MemoryEventStore store = new MemoryEventStore(memory);
    private final List<String> heard = new ArrayList<>();

    private final EventStore.Sink sink = new EventStore.Sink() {
        @Override
        public void event(String channel, byte[] payload) {
            heard.add(channel);
            payload[0] = 9;
        }

        @Override
        public void missed() {}
    };

    @Test
    void subscriptionThatMeetsTheClose_staysNotInTheSharedStore() {
        store.close();
        assertThrows(BackendClosedException.class, () -> store.subscribe("ns", Topic.channel("c"), sink)
                .await());
        assertEquals(List.of(), memory.subscribers);
    }

    @Test
    void close_endsOnlyTheSubscriptionsOfThisClient() {
        MemoryEventStore other = new MemoryEventStore(memory);
        store.subscribe("ns", Topic.channel("c"), sink).await();
        other.subscribe("ns", Topic.channel("c"), sink).await();
        store.close();
        other.publish("ns", "c", new byte[1]).await();
        assertEquals(List.of("c"), heard);
    }

    @Test
    void payload_isCopiedForEachSubscriber() {
        store.subscribe("ns", Topic.channel("c"), sink).await();
        byte[] lent = {1};
        store.publish("ns", "c", lent).await();
        assertEquals(1, lent[0]);
    }
}
