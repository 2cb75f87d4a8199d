/** Tests of the harness: not of speed, which is never asserted. */
@NullMarked
package dev.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
