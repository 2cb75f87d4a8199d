/**
 * Opening a backend: found by scheme, configured, layered, closed. Start with {@link dev.holdfast.backend.Backends}.
 */
@NullMarked
package dev.holdfast.backend;

import org.jspecify.annotations.NullMarked;
