package dev.holdfast.metrics;

import java.time.Instant;

/**
 * The lock monitor raised an alert, or cleared it.
 *
 * @param check what was looked at
 * @param raised true when it began, false when it ended
 * @param value what was measured then; NaN if there was nothing to measure any more
 * @param threshold what it was measured against
 * @param at when, by the wall clock
 */
public record Alert(Check check, boolean raised, double value, double threshold, Instant at) {}
