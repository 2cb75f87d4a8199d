/** Typed state as MessagePack with schema versions. */
@NullMarked
package dev.holdfast.serde;

import org.jspecify.annotations.NullMarked;
