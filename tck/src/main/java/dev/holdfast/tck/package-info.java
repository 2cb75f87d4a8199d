/**
 * The rules of a backend as tests. Extend {@link dev.holdfast.tck.BackendTck} and say how the backend is opened; the rules are listed,
 * with their intent, in {@code docs/contract.md}.
 */
@NullMarked
package dev.holdfast.tck;

import org.jspecify.annotations.NullMarked;
