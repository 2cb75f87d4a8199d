/** Tests of the metrics layer. */
@NullMarked
package dev.holdfast.metrics;

import org.jspecify.annotations.NullMarked;
