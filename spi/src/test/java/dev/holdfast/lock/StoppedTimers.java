package dev.holdfast.lock;

import dev.holdfast.spi.Time;
import java.util.concurrent.Executor;

/** A clock that runs and timers that never come: a process that was frozen and has just been thawed. */
record StoppedTimers(Time clock) implements Time {
    @Override
    public long nanos() {
        return clock.nanos();
    }

    @Override
    public long wallMicros() {
        return clock.wallMicros();
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        return () -> true;
    }

    @Override
    public Executor callbacks() {
        return Runnable::run;
    }
}
