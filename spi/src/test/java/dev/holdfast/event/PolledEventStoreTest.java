package dev.holdfast.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.MapState;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.state.Stored;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolledEventStoreTest {
    private static final Duration SHORTEST = Duration.ofNanos(RingPoller.SHORTEST_NANOS);
    private static final Duration LONGEST = Duration.ofNanos(RingPoller.LONGEST_NANOS);

    private final MapState state = new MapState();
    private final ManualTime time = new ManualTime();
    // Two processes on one store.
    private final EventStore here = EventStore.over(state, time);
    private final EventStore there = EventStore.over(state, time);
    private final List<String> heard = new ArrayList<>();

    private final EventStore.Sink sink = new EventStore.Sink() {
        @Override
        public void event(String channel, byte[] payload) {
            heard.add(channel + "=" + new String(payload, StandardCharsets.UTF_8));
        }

        @Override
        public void missed() {
            heard.add("missed");
        }
    };

    private static void publish(EventStore store, String channel, String payload) {
        store.publish("ns", channel, payload.getBytes(StandardCharsets.UTF_8)).await();
    }

    private Subscription subscribe(Topic topic) {
        return here.subscribe("ns", topic, sink).await();
    }

    @Test
    void events_ofAnotherProcessArriveInOrder() {
        publish(there, "c", "before");
        subscribe(Topic.prefix("c"));
        publish(there, "c", "1");
        publish(there, "d", "other");
        publish(there, "c2", "2");
        assertEquals(List.of(), heard);
        time.advance(SHORTEST);
        assertEquals(List.of("c=1", "c2=2"), heard);
        time.advance(LONGEST);
        assertEquals(2, heard.size());
    }

    @Test
    void ownEvents_areLookedForAtOnce() {
        subscribe(Topic.channel("c"));
        time.advance(LONGEST.multipliedBy(5));
        publish(here, "c", "1");
        time.advance(Duration.ZERO);
        assertEquals(List.of("c=1"), heard);
    }

    @Test
    void firstEventEver_isNoGap() {
        subscribe(Topic.channel("c"));
        publish(there, "c", "1");
        time.advance(SHORTEST);
        assertEquals(List.of("c=1"), heard);
    }

    @Test
    void namespaces_keepApart() {
        here.subscribe("other", Topic.prefix(""), sink).await();
        publish(here, "c", "1");
        time.advance(LONGEST);
        assertEquals(List.of(), heard);
    }

    @Test
    void polling_slowsDownWhileNothingHappensAndEndsWithTheLastSubscription() {
        assertEquals(0, time.pending());
        Subscription first = subscribe(Topic.channel("c"));
        Subscription second = subscribe(Topic.channel("d"));
        int before = state.reads;
        time.advance(Duration.ofMillis(1_500));
        assertEquals(4, state.reads - before, "after 100, 300, 700 and 1,500 ms");
        time.advance(Duration.ofSeconds(10));
        assertEquals(14, state.reads - before, "then every second");
        first.close();
        assertEquals(1, time.pending());
        second.close();
        second.close();
        assertEquals(0, time.pending());
    }

    @Test
    void closedSubscription_hearsNothing() {
        Subscription first = subscribe(Topic.channel("c"));
        List<String> other = new ArrayList<>();
        here.subscribe("ns", Topic.channel("c"), new EventStore.Sink() {
                    @Override
                    public void event(String channel, byte[] payload) {
                        other.add(channel);
                        first.close();
                    }

                    @Override
                    public void missed() {}
                })
                .await();
        publish(there, "c", "1");
        time.advance(SHORTEST);
        publish(there, "c", "2");
        time.advance(SHORTEST);
        assertEquals(List.of("c=1"), heard);
        assertEquals(2, other.size());
    }

    @Test
    void moreEventsThanTheRingHolds_areToldAsMissedOnce() {
        subscribe(Topic.channel("c"));
        for (int i = 1; i <= 300; i++) {
            publish(there, "c", "" + i);
        }
        time.advance(LONGEST);
        assertEquals("missed", heard.get(0));
        assertEquals("c=45", heard.get(1));
        assertEquals("c=300", heard.get(256));
        assertEquals(257, heard.size());
    }

    @Test
    void moreBytesThanTheRingHolds_areToldAsMissed() {
        subscribe(Topic.channel("c"));
        String half = "x".repeat(30 << 10);
        publish(there, "c", "1" + half);
        publish(there, "c", "2" + half);
        publish(there, "c", "3" + half);
        time.advance(LONGEST);
        assertEquals(List.of("missed", "c=2" + half, "c=3" + half), heard);
        assertTrue(state.copy().values().stream().allMatch(stored -> stored.bytes().length <= 64 << 10));
    }

    @Test
    void payloadLargerThanTheRing_isRefusedWithTheLimit() {
        int most = (64 << 10) - EventRing.HEADER_BYTES - EventRing.EVENT_BYTES;
        here.publish("ns", "c", new byte[most - 1]).await();
        String message = assertThrows(BackendRejectedException.class, () -> here.publish("ns", "c", new byte[most])
                        .await())
                .getMessage();
        assertTrue(message.contains("at most " + most), message);
    }

    @Test
    void ringThatVanished_isToldOnceAndAFreshOneIsRead() {
        publish(there, "c", "old");
        subscribe(Topic.channel("c"));
        state.restore(Map.of());
        time.advance(LONGEST);
        time.advance(LONGEST);
        assertEquals(List.of("missed"), heard);
        publish(there, "c", "new");
        time.advance(LONGEST);
        assertEquals(List.of("missed", "c=new"), heard);
    }

    @Test
    void ringThatWasMadeAnewBetweenTwoPolls_isTold() {
        publish(there, "c", "old");
        subscribe(Topic.channel("c"));
        state.restore(Map.of());
        publish(there, "c", "new");
        publish(there, "c", "newer");
        time.advance(LONGEST);
        assertEquals(List.of("missed", "c=new", "c=newer"), heard);
    }

    @Test
    void ringThatWentBack_isToldAndGoesOn() {
        publish(there, "c", "1");
        Map<Key, Stored> backup = state.copy();
        publish(there, "c", "2");
        subscribe(Topic.channel("c"));
        state.restore(backup);
        time.advance(LONGEST);
        assertEquals(List.of("missed"), heard);
        publish(there, "c", "3");
        time.advance(LONGEST);
        assertEquals(List.of("missed", "c=3"), heard);
    }

    @Test
    void ringThatWentBackAndCameAsFarAgain_isTold() {
        publish(there, "c", "1");
        Map<Key, Stored> backup = state.copy();
        publish(there, "c", "2");
        subscribe(Topic.channel("c"));
        state.restore(backup);
        publish(there, "c", "other 2");
        time.advance(LONGEST);
        assertEquals(List.of("missed"), heard);
    }

    @Test
    void lostReply_ofAnAppliedWriteIsSettledWithoutARepeat() {
        subscribe(Topic.channel("c"));
        state.nextWrites.add(write -> {
            assertTrue(write.get());
            throw new OutcomeUnknownException("reply lost");
        });
        publish(there, "c", "1");
        time.advance(SHORTEST);
        assertEquals(List.of("c=1"), heard);
    }

    @Test
    void lostReply_isSettledAlsoWhenOthersPublishedSince() {
        subscribe(Topic.channel("c"));
        publish(here, "c", "0");
        state.nextWrites.add(write -> {
            assertTrue(write.get());
            publish(here, "c", "2");
            throw new OutcomeUnknownException("reply lost");
        });
        publish(there, "c", "1");
        time.advance(SHORTEST);
        assertEquals(List.of("c=0", "c=1", "c=2"), heard);
    }

    @Test
    void lostRequest_isRepeated() {
        subscribe(Topic.channel("c"));
        for (int i = 0; i < 3; i++) {
            state.nextWrites.add(write -> {
                throw new OutcomeUnknownException("request lost");
            });
        }
        publish(there, "c", "1");
        time.advance(SHORTEST);
        assertEquals(List.of("c=1"), heard);
    }

    @Test
    void replyLostForGood_isUnknown() {
        for (int i = 0; i < 4; i++) {
            state.nextWrites.add(write -> {
                throw new OutcomeUnknownException("request lost");
            });
        }
        assertThrows(OutcomeUnknownException.class, () -> publish(there, "c", "1"));
    }

    @Test
    void lostReply_whenTheRingMovedOnOrTheStoreFailsIsUnknown() {
        publish(here, "c", "0");
        state.nextWrites.add(write -> {
            assertTrue(write.get());
            for (int i = 0; i < 300; i++) {
                publish(here, "c", "" + i);
            }
            throw new OutcomeUnknownException("reply lost");
        });
        assertThrows(OutcomeUnknownException.class, () -> publish(there, "c", "1"));
        state.nextWrites.add(write -> {
            state.nextReads.add(new BackendUnavailableException("down"));
            throw new OutcomeUnknownException("reply lost");
        });
        assertThrows(OutcomeUnknownException.class, () -> publish(there, "c", "1"));
    }

    @Test
    void readThatFails_meansNotPublished() {
        state.nextReads.add(new OutcomeUnknownException("read lost"));
        assertThrows(BackendUnavailableException.class, () -> publish(there, "c", "1"));
        assertTrue(state.copy().isEmpty());
    }

    @Test
    void racesWithOthers_areRunAgain() {
        subscribe(Topic.channel("c"));
        state.nextWrites.add(write -> {
            publish(here, "c", "faster");
            return write.get();
        });
        publish(there, "c", "slower");
        time.advance(SHORTEST);
        assertEquals(List.of("c=faster", "c=slower"), heard);
    }

    @Test
    void racesLostForEver_end() {
        for (int i = 0; i < 1_000; i++) {
            state.nextWrites.add(write -> false);
        }
        assertThrows(BackendUnavailableException.class, () -> publish(there, "c", "1"));
        assertThrows(Exception.class, () -> there.publish("ns", "c", new byte[0])
                .start()
                .toCompletableFuture()
                .join());
    }

    @Test
    void pollThatFails_losesNothing() {
        subscribe(Topic.channel("c"));
        publish(there, "c", "1");
        state.nextReads.add(new BackendUnavailableException("down"));
        time.advance(SHORTEST);
        assertEquals(List.of(), heard);
        time.advance(LONGEST);
        assertEquals(List.of("c=1"), heard);
    }

    @Test
    void close_endsSubscriptionsAndLeavesTheStoreOpen() {
        subscribe(Topic.channel("c"));
        here.close();
        assertEquals(0, time.pending());
        publish(there, "c", "1");
        time.advance(LONGEST);
        assertEquals(List.of(), heard);
        assertFalse(state.closed);
        assertThrows(BackendClosedException.class, () -> publish(here, "c", "1"));
        assertThrows(BackendClosedException.class, () -> subscribe(Topic.channel("c")));
        assertEquals(0, time.pending());
    }

    @Test
    void ring_thatIsNotOne_isCorrupt() {
        publish(here, "c", "payload");
        byte[] ring = state.copy().values().iterator().next().bytes();
        assertEquals(1, EventRing.ofBytes(ring).last());
        for (int length = 0; length < ring.length; length++) {
            byte[] cut = Arrays.copyOf(ring, length);
            assertThrows(CorruptValueException.class, () -> EventRing.ofBytes(cut));
        }
        byte[] format = ring.clone();
        format[0] = 9;
        assertThrows(CorruptValueException.class, () -> EventRing.ofBytes(format));
        byte[] count = ring.clone();
        count[17] = 0x7F;
        assertThrows(CorruptValueException.class, () -> EventRing.ofBytes(count));
        byte[] length = ring.clone();
        length[29] = (byte) 0xFF;
        assertThrows(CorruptValueException.class, () -> EventRing.ofBytes(length));
        byte[] longer = Arrays.copyOf(ring, ring.length + 1);
        assertThrows(CorruptValueException.class, () -> EventRing.ofBytes(longer));
    }

    @Test
    void publicationThatLosesManyRaces_needsNoDeepStack() throws InterruptedException {
        for (int lost = 0; lost < 255; lost++) {
            state.nextWrites.add(write -> false);
        }
        List<Throwable> errors = new ArrayList<>();
        Thread shallow = new Thread(
                null,
                () -> {
                    publish(here, "c", "blocking");
                    here.publish("ns", "c", new byte[0])
                            .start()
                            .toCompletableFuture()
                            .join();
                },
                "shallow",
                128 << 10);
        shallow.setUncaughtExceptionHandler((thread, error) -> errors.add(error));
        shallow.start();
        shallow.join();
        assertEquals(List.of(), errors);
    }
}
