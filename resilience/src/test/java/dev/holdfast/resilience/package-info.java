/** Tests of the layer, most of them on a memory backend with {@code Trouble} below the layer. */
@NullMarked
package dev.holdfast.resilience;

import org.jspecify.annotations.NullMarked;
