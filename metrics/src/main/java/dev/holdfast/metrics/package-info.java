/**
 * What a backend does, in numbers, lines and alerts: Micrometer meters, a log of slow operations, and a monitor of the locks.
 *
 * <p>Start with {@link dev.holdfast.metrics.MetricsLayer}.
 */
@NullMarked
package dev.holdfast.metrics;

import org.jspecify.annotations.NullMarked;
