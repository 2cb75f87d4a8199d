package dev.holdfast.metrics;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Time;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures calls: each that is used ends in one meter, whichever door is used, and no failure of a meter reaches the caller. */
final class Recorder {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsLayer.class);

    private final Meters meters;
    private final @Nullable SlowOperations slow;
    private final @Nullable Tracing tracing;
    private final Time time;
    private volatile boolean failureLogged;

    Recorder(Meters meters, @Nullable SlowOperations slow, @Nullable Tracing tracing, Time time) {
        this.meters = meters;
        this.slow = slow;
        this.tracing = tracing;
        this.time = time;
    }

    long now() {
        return time.nanos();
    }

    /**
     * The call that {@code port} makes, counted from now.
     *
     * @param subject the key or name it is about, for the log of slow operations; null if there is none
     * @param judge how it ended, by its answer, of which it may count more
     */
    <T extends @Nullable Object> Call<T> measure(
            Operation operation,
            @Nullable Object subject,
            Supplier<? extends Call<T>> port,
            Function<? super T, Ending> judge) {
        long start = time.nanos();
        try {
            Call<T> measured = new Measured<>(this, operation, subject, start, port.get(), judge);
            return tracing == null ? measured : tracing.trace(operation, measured);
        } catch (RuntimeException | Error refused) {
            ended(operation, subject, start, Ending.of(refused));
            throw refused;
        }
    }

    private <T extends @Nullable Object> void answered(Measured<T> call, T answer) {
        Ending ending;
        try {
            ending = call.judge.apply(answer);
        } catch (Throwable failed) {
            failed(failed);
            ending = Ending.OK;
        }
        ended(call.operation, call.subject, call.start, ending);
    }

    private void ended(Operation operation, @Nullable Object subject, long start, Ending ending) {
        try {
            long nanos = time.nanos() - start;
            meters.operation(operation, ending).record(nanos, TimeUnit.NANOSECONDS);
            SlowOperations log = slow;
            if (log != null && nanos >= log.thresholdNanos()) {
                meters.slow.increment();
                log.log(operation, subject, nanos, ending);
            }
        } catch (Throwable failed) {
            failed(failed);
        }
    }

    /** Runs code that only counts. */
    void quietly(Runnable counting) {
        try {
            counting.run();
        } catch (Throwable failed) {
            failed(failed);
        }
    }

    private void failed(Throwable failed) {
        if (!failureLogged) {
            failureLogged = true;
            LOG.warn("A meter failed; operations are not affected, and this is not logged again", failed);
        }
    }

    private static final class Measured<T extends @Nullable Object> implements Call<T> {
        private final Recorder recorder;
        private final Operation operation;
        private final @Nullable Object subject;
        private final long start;
        private final Call<T> call;
        private final Function<? super T, Ending> judge;

        Measured(
                Recorder recorder,
                Operation operation,
                @Nullable Object subject,
                long start,
                Call<T> call,
                Function<? super T, Ending> judge) {
            this.recorder = recorder;
            this.operation = operation;
            this.subject = subject;
            this.start = start;
            this.call = call;
            this.judge = judge;
        }

        @Override
        public T await() {
            T answer;
            try {
                answer = call.await();
            } catch (RuntimeException | Error error) {
                recorder.ended(operation, subject, start, Ending.of(error));
                throw error;
            }
            recorder.answered(this, answer);
            return answer;
        }

        @Override
        public CompletionStage<T> start() {
            return Call.stage(this, false);
        }

        @Override
        public CompletionStage<T> startLazily() {
            return Call.stage(this, true);
        }

        @Override
        @SuppressWarnings("NullAway") // the answer is of the call's type where there is no error
        public void begin(boolean lazily, Listener<? super T> listener) {
            call.begin(lazily, (answer, error) -> {
                if (error == null) {
                    recorder.answered(this, answer);
                } else {
                    recorder.ended(operation, subject, start, Ending.of(error));
                }
                listener.ended(answer, error);
            });
        }
    }
}
