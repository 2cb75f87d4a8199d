/**
 * A layer that repeats operations that certainly were not applied, stops asking a store that does not answer, and bounds how long and how
 * many operations may run, for any backend. Options are in {@link dev.holdfast.resilience.ResilienceOptions}; start from {@code Protection}
 * to see what happens to an operation.
 */
@NullMarked
package dev.holdfast.resilience;

import org.jspecify.annotations.NullMarked;
