package dev.holdfast.lock;

/** What a store found when it was told to end a hold. */
public enum ReleaseReply {
    /** The hold was there and is ended. */
    RELEASED,
    /** Nobody holds the name: released before, ended or forced. */
    NOT_HELD,
    /** Another lease id holds the name; it was left alone. */
    HELD_BY_OTHER
}
