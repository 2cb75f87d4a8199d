package dev.holdfast.metrics;

import io.micrometer.core.instrument.Meter;

/** The meters there are. The table in the module's README is this one; no tag ever carries a key or the name of a lock. */
enum HoldfastMeter {
    OPERATIONS(
            "holdfast.operations",
            Meter.Type.TIMER,
            "operation, outcome",
            "operations on the store, as the user asked for them, with a histogram of how long they took"),
    BYTES(
            "holdfast.state.bytes",
            Meter.Type.COUNTER,
            "direction",
            "bytes of values read and written, before any compression"),
    SLOW("holdfast.operations.slow", Meter.Type.COUNTER, "", "operations slower than the threshold of the log"),
    LOCK_ATTEMPTS(
            "holdfast.locks.attempts",
            Meter.Type.COUNTER,
            "outcome",
            "attempts to get a hold: acquired, busy (did not wait), gave_up (waited in vain)"),
    LOCK_CONTENDED("holdfast.locks.contended", Meter.Type.COUNTER, "", "attempts that met a hold of another process"),
    LOCK_RELEASED("holdfast.locks.released", Meter.Type.COUNTER, "", "holds given back"),
    LOCK_LOST(
            "holdfast.locks.lost", Meter.Type.COUNTER, "", "holds that were gone when they were renewed or given back"),
    LOCK_FORCED("holdfast.locks.forced", Meter.Type.COUNTER, "", "holds ended by force from here"),
    LOCK_WAIT("holdfast.locks.wait", Meter.Type.TIMER, "", "time from the first question to the grant of a hold"),
    LOCK_HANDOVER(
            "holdfast.locks.handover",
            Meter.Type.TIMER,
            "",
            "time from the news that a lock may be free to the grant of the hold that waited for it"),
    LOCK_HOLD("holdfast.locks.hold", Meter.Type.TIMER, "", "time from the grant of a hold to its end"),
    RENEWAL_MARGIN(
            "holdfast.locks.renewal.margin",
            Meter.Type.TIMER,
            "",
            "how much of its lease a hold had left when it was renewed"),
    EVENTS_RECEIVED("holdfast.events.received", Meter.Type.COUNTER, "", "events delivered to subscriptions"),
    EVENTS_MISSED(
            "holdfast.events.missed",
            Meter.Type.COUNTER,
            "",
            "times a subscription was told that it may have missed some"),
    ALERTS("holdfast.locks.alerts", Meter.Type.GAUGE, "check", "1 while the lock monitor's alert is raised, else 0"),
    STATS(
            "holdfast.stats",
            Meter.Type.GAUGE,
            "name",
            "the numbers of `Backend.stats()`: locks held and waiting, connections, queues, circuit breakers");

    final String text;
    final Meter.Type type;
    /** The keys of its tags, as in a list. */
    final String tags;

    final String meaning;

    HoldfastMeter(String text, Meter.Type type, String tags, String meaning) {
        this.text = text;
        this.type = type;
        this.tags = tags;
        this.meaning = meaning;
    }
}
