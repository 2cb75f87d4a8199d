package dev.holdfast.lock;

import java.time.Duration;

/**
 * A hold as others see it.
 *
 * @param name the name within the namespace
 * @param grant the grant, which begins the fencing tokens of all turns under this hold
 * @param label the holder's text about itself
 * @param remaining how long the hold lasts unless it is renewed, by the store's clock
 */
public record LockInfo(String name, long grant, String label, Duration remaining) {}
