/** Benchmarks: ratios between contenders in one run on one machine; absolute times mean nothing elsewhere. Start with {@code Ratios}. */
@NullMarked
package dev.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
