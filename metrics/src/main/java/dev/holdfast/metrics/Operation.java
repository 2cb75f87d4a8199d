package dev.holdfast.metrics;

/** The operations on ports that are measured, by the name they have in meters and in the log. */
enum Operation {
    STATE_HEALTH("state.health"),
    STATE_READ("state.read"),
    STATE_WRITE("state.write"),
    STATE_SCAN("state.scan"),
    STATE_READ_ALL("state.readAll"),
    STATE_WRITE_ALL("state.writeAll"),
    STATE_COUNT("state.count"),
    STATE_CLEAR("state.clear"),
    STATE_EXPIRY("state.expiry"),
    STATE_APPLY("state.apply"),
    STATE_MARK("state.mark"),
    STATE_RAISE("state.raise"),
    STATE_TAKE_OVER("state.takeOver"),
    STATE_FORGET("state.forget"),
    STATE_SCOPES("state.scopes"),
    LOCK_TRY_GRANT("lock.tryGrant"),
    LOCK_RENEW("lock.renew"),
    LOCK_RELEASE("lock.release"),
    LOCK_CANCEL("lock.cancel"),
    LOCK_FIND("lock.find"),
    LOCK_LIST("lock.list"),
    LOCK_FORCE_RELEASE("lock.forceRelease"),
    EVENTS_PUBLISH("events.publish"),
    EVENTS_SUBSCRIBE("events.subscribe");

    final String text;

    Operation(String text) {
        this.text = text;
    }
}
