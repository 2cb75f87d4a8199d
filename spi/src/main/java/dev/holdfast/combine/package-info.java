/**
 * Combining: concurrent callers share round trips to a store. Start with {@link dev.holdfast.combine.Combiner}.
 */
@NullMarked
package dev.holdfast.combine;

import org.jspecify.annotations.NullMarked;
