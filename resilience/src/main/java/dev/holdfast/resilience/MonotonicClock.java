package dev.holdfast.resilience;

import dev.holdfast.spi.Time;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock for code that wants instants but only measures with them: it starts at the wall clock's time and never jumps. */
final class MonotonicClock extends Clock {
    private final Time time;
    private final long startNanos;
    private final Instant start;

    MonotonicClock(Time time) {
        this.time = time;
        startNanos = time.nanos();
        start = Instant.EPOCH.plusMillis(time.wallMicros() / 1_000);
    }

    @Override
    public Instant instant() {
        return start.plusNanos(time.nanos() - startNanos);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
