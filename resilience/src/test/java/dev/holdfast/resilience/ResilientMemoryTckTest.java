package dev.holdfast.resilience;

import dev.holdfast.backend.Backends;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Nested;

/** No rule notices the layer, and with it none notices that the store below fails again and again. */
class ResilientMemoryTckTest {
    private static ResilienceLayer everything() {
        ResilienceLayer.Builder layer = ResilienceLayer.builder()
                .retry(RetryPolicy.builder()
                        .maxAttempts(50)
                        .firstPause(Duration.ZERO)
                        .deadline(Duration.ofMinutes(1))
                        .build())
                // Less than half of what is injected below fails; with so many calls chance does not make it more.
                .circuitBreaker(BreakerPolicy.builder().minCalls(1_000).build());
        for (OperationKind kind : OperationKind.values()) {
            layer.maxConcurrent(kind, 1_000).timeLimit(kind, Duration.ofMinutes(1));
        }
        return layer.build();
    }

    @Nested
    class WithoutFaults extends BackendTck {
        @Override
        protected TckSubject subject() {
            ManualTime time = new ManualTime();
            return TckSubject.of("resilience(memory)", namespace -> Backends.at("memory:tck-resilience")
                            .namespace(namespace)
                            .layer(everything())
                            .time(time)
                            .open())
                    .withTime(time);
        }
    }

    /** One in five operations is not applied; of reads, another one in five loses its reply. */
    @Nested
    class WithFaults extends BackendTck {
        @Override
        protected TckSubject subject() {
            ManualTime time = new ManualTime();
            return TckSubject.of("resilience(failing(memory))", namespace -> Backends.at("memory:tck-failing")
                            .namespace(namespace)
                            .layer(failing())
                            .layer(everything())
                            .time(time)
                            .open())
                    .withTime(time);
        }

        private Trouble failing() {
            Random random = new Random(8);
            Trouble.Fate[] ofWrites = {Trouble.UNAVAILABLE, Trouble.FINE, Trouble.FINE, Trouble.FINE, Trouble.FINE};
            Trouble.Fate[] ofReads = {Trouble.UNAVAILABLE, Trouble.LOST, Trouble.FINE, Trouble.FINE, Trouble.FINE};
            Trouble trouble = new Trouble();
            for (String operation : new String[] {"write", "apply", "raise"}) {
                trouble.at(operation, number -> ofWrites[random.nextInt(ofWrites.length)]);
            }
            for (String operation : new String[] {"read", "readAll", "scan"}) {
                trouble.at(operation, number -> ofReads[random.nextInt(ofReads.length)]);
            }
            return trouble;
        }
    }

    /** As a user switches it on. */
    @Nested
    class ByUrl extends BackendTck {
        @Override
        protected TckSubject subject() {
            return TckSubject.open("memory:tck-url?retry=default&circuitBreaker=on&maxConcurrent=1000")
                    .withTime(new ManualTime());
        }
    }
}
