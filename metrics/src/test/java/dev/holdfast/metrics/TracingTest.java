package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TracingTest {
    private static final Key A = Key.of("a");

    private final ManualTime time = new ManualTime();
    private final Failing below = new Failing(time);
    private final ObservationRegistry observations = ObservationRegistry.create();
    private final List<Observation.Context> ended = new ArrayList<>();
    private boolean handlerFails;
    private final Backend backend;

    TracingTest() {
        observations.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public void onStart(Observation.Context context) {
                fail();
            }

            @Override
            public void onStop(Observation.Context context) {
                ended.add(context);
                fail();
            }

            private void fail() {
                if (handlerFails) {
                    throw new IllegalStateException("by the test");
                }
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        backend = Backends.at("memory:")
                .time(time)
                .layer(below)
                .layer(MetricsLayer.builder(new SimpleMeterRegistry())
                        .time(time)
                        .observations(observations)
                        .build())
                .open();
    }

    @AfterEach
    void close() {
        below.error = null;
        backend.close();
    }

    private static String value(Observation.Context context, String key) {
        return context.getLowCardinalityKeyValue(key).getValue();
    }

    @Test
    void eachOperation_isOneObservation_belowTheCurrentOne() {
        Observation request = Observation.start("request", observations);
        try (Observation.Scope scope = request.openScope()) {
            backend.state().put(A, "value".getBytes(UTF_8));
            backend.state().async().get(A).toCompletableFuture().join();
            assertSame(request, observations.getCurrentObservation(), "the caller's is current again");
        }
        request.stop();
        assertEquals(
                List.of("holdfast state.write", "holdfast state.read"),
                ended.subList(0, 2).stream()
                        .map(Observation.Context::getContextualName)
                        .toList());
        for (Observation.Context context : ended.subList(0, 2)) {
            assertEquals("holdfast.operation", context.getName());
            assertEquals("ok", value(context, "outcome"));
            assertSame(request.getContextView(), context.getParentObservation().getContextView());
        }
        assertEquals(3, ended.size());
    }

    @Test
    void anError_isTold_throughBothDoors() {
        below.error = new BackendUnavailableException("by the test");
        assertThrows(BackendUnavailableException.class, () -> backend.state().get(A));
        CompletionException wrapped = assertThrows(
                CompletionException.class,
                () -> backend.state().async().get(A).toCompletableFuture().join());
        assertSame(below.error, wrapped.getCause());
        assertEquals(2, ended.size());
        for (Observation.Context context : ended) {
            assertEquals("not_applied", value(context, "outcome"));
            assertSame(below.error, context.getError());
        }
    }

    /** Whoever happens to be current on a timer's thread is no parent of what keeps somebody else's locks. */
    @Test
    void renewals_areInNobodysTrace() throws InterruptedException {
        Observation request = Observation.start("request", observations);
        LockGuard guard;
        try (Observation.Scope scope = request.openScope()) {
            guard = backend.locks().acquire("orders/7");
        }
        request.stop();
        ended.clear();
        time.advance(Duration.ofSeconds(30));
        List<Observation.Context> renewals = ended.stream()
                .filter(context -> value(context, "operation").equals("lock.renew"))
                .toList();
        assertEquals(true, renewals.size() >= 2, () -> renewals.size() + " renewals");
        renewals.forEach(context -> assertNull(context.getParentObservation()));
        guard.release();
    }

    @Test
    void aHandlerThatFails_changesNothing() {
        handlerFails = true;
        backend.state().put(A, "value".getBytes(UTF_8));
        assertEquals(
                5, backend.state().async().get(A).toCompletableFuture().join().orElseThrow().length);
        assertNull(observations.getCurrentObservation());
    }
}
