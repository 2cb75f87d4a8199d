/**
 * Keyed state: the faces a user sees ({@link dev.holdfast.state.StateBackend}, {@link dev.holdfast.state.Scope}) and the port an
 * author implements ({@link dev.holdfast.state.StateStore}).
 */
@NullMarked
package dev.holdfast.state;

import org.jspecify.annotations.NullMarked;
