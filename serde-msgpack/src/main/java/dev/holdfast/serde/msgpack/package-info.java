/**
 * Records and plain classes as MessagePack, with a schema version in each value and upcasters from one to the next.
 *
 * <p>Start with {@link dev.holdfast.serde.msgpack.MessagePackSerde}. Inside, a {@code Form} is how one type looks in MessagePack,
 * {@code Forms} finds the form of a type, and {@code Packer} and {@code Unpacker} know the format.
 */
@NullMarked
package dev.holdfast.serde.msgpack;

import org.jspecify.annotations.NullMarked;
