/**
 * Histories of concurrent runs, and checkers that tell whether a correct register, lock, fenced scope, set or snapshot
 * could have produced them.
 *
 * <p>Record with {@link dev.holdfast.history.Recorder}, judge with {@link dev.holdfast.history.Checks}, keep with {@link
 * dev.holdfast.history.JsonLines}.
 *
 * <h2>Time</h2>
 *
 * Every stamp is in nanoseconds of one monotonic clock. An event that returned at the very nanosecond at which another was
 * called counts as concurrent with it, as does, for ever, an event whose outcome is unknown: where a history leaves room,
 * the backend is given the benefit of the doubt, so a violation is always a violation.
 */
@NullMarked
package dev.holdfast.history;

import org.jspecify.annotations.NullMarked;
