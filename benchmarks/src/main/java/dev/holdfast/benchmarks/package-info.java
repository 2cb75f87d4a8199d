/**
 * Benchmarks: ratios between contenders in one run on one machine; absolute times mean nothing elsewhere. Start with {@code Bench}, which is
 * {@code ./holdfast bench}.
 */
@NullMarked
package dev.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
