/** A layer that compresses values, for any backend. */
@NullMarked
package dev.holdfast.compression;

import org.jspecify.annotations.NullMarked;
