/**
 * State with types: keys and values of the user's own types over a {@link dev.holdfast.state.StateBackend} or a scope.
 *
 * <p>Start with {@link dev.holdfast.serde.TypedState}; {@link dev.holdfast.serde.Serde} and {@link dev.holdfast.serde.KeySerde} are
 * what to implement for another encoding than MessagePack.
 */
@NullMarked
package dev.holdfast.serde;

import org.jspecify.annotations.NullMarked;
