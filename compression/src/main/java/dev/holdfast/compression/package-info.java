/**
 * A layer that compresses values, for any backend. Options are in {@link dev.holdfast.compression.CompressionOptions}; start from
 * {@code CompressedStateStore} to see what happens to a value.
 */
@NullMarked
package dev.holdfast.compression;

import org.jspecify.annotations.NullMarked;
