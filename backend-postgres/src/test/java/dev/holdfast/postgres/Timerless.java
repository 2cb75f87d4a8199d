package dev.holdfast.postgres;

import dev.holdfast.spi.Time;
import java.util.concurrent.Executor;

/** The system's clocks, and timers that never ring: without heartbeats there is only what the server says. */
final class Timerless implements Time {
    @Override
    public long nanos() {
        return Time.system().nanos();
    }

    @Override
    public long wallMicros() {
        return Time.system().wallMicros();
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        return () -> true;
    }

    @Override
    public Executor callbacks() {
        return Time.system().callbacks();
    }
}
