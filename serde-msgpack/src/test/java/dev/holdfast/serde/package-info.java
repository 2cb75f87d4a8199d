/** Tests of typed state. */
@NullMarked
package dev.holdfast.serde;

import org.jspecify.annotations.NullMarked;
