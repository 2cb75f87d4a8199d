/** Tests of the MessagePack serde. */
@NullMarked
package dev.holdfast.serde.msgpack;

import org.jspecify.annotations.NullMarked;
