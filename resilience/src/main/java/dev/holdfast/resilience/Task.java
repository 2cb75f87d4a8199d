package dev.holdfast.resilience;

import static dev.holdfast.resilience.OperationKind.EVENT;
import static dev.holdfast.resilience.OperationKind.LOCK;
import static dev.holdfast.resilience.OperationKind.READ;
import static dev.holdfast.resilience.OperationKind.SCAN;
import static dev.holdfast.resilience.OperationKind.WRITE;

/** The operations that are protected, and when each may be repeated. */
enum Task {
    STATE_READ("state.read", READ, Repeat.ALWAYS),
    STATE_READ_ALL("state.readAll", READ, Repeat.ALWAYS),
    STATE_EXPIRY("state.expiry", READ, Repeat.ALWAYS),
    STATE_MARK("state.mark", READ, Repeat.ALWAYS),
    STATE_WRITE("state.write", WRITE, Repeat.NOT_APPLIED),
    STATE_WRITE_ALL("state.writeAll", WRITE, Repeat.NOT_APPLIED),
    STATE_APPLY("state.apply", WRITE, Repeat.NOT_APPLIED),
    /** Sets a mark to the given fence or leaves a higher one, and answers what is there: twice is as once. */
    STATE_RAISE("state.raise", WRITE, Repeat.ALWAYS),
    /** A repeated one would overtake whoever took over in between. */
    STATE_TAKE_OVER("state.takeOver", WRITE, Repeat.NOT_APPLIED),
    STATE_FORGET("state.forget", WRITE, Repeat.NOT_APPLIED),
    STATE_SCAN("state.scan", SCAN, Repeat.ALWAYS),
    STATE_SCOPES("state.scopes", SCAN, Repeat.ALWAYS),
    STATE_COUNT("state.count", SCAN, Repeat.ALWAYS),
    /** Goes in parts, and an error may come after the first: a repeated one would answer too low a number. */
    STATE_CLEAR("state.clear", SCAN, Repeat.NEVER),
    /** The lock engine asks again by itself, under the same lease id, and knows for how long somebody waits. */
    LOCK_TRY_GRANT("lock.tryGrant", LOCK, Repeat.NEVER),
    LOCK_FIND("lock.find", LOCK, Repeat.ALWAYS),
    LOCK_LIST("lock.list", SCAN, Repeat.ALWAYS),
    LOCK_FORCE_RELEASE("lock.forceRelease", LOCK, Repeat.NOT_APPLIED),
    EVENTS_PUBLISH("events.publish", EVENT, Repeat.NOT_APPLIED),
    EVENTS_SUBSCRIBE("events.subscribe", EVENT, Repeat.NOT_APPLIED);

    /** After which errors an operation may be sent again. */
    enum Repeat {
        NEVER,
        /** After those that say that it certainly was not applied. */
        NOT_APPLIED,
        /** Also after a lost reply: to do it twice is to do it once. */
        ALWAYS
    }

    final String text;
    final OperationKind kind;
    final Repeat repeat;

    Task(String text, OperationKind kind, Repeat repeat) {
        this.text = text;
        this.kind = kind;
        this.repeat = repeat;
    }
}
