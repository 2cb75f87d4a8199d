package dev.holdfast.event;

/** What happens to events for a listener whose buffer is full. Either way the listener is told that it missed some. */
public enum Overflow {
    /** The oldest buffered event goes. */
    DROP_OLDEST,
    /** The new event goes. */
    DROP_NEWEST
}
