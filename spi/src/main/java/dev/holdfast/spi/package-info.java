/**
 * The vocabulary that faces, ports and backends share: keys, versions, fencing tokens, calls, capabilities, limits and errors.
 *
 * <p>Start with {@link dev.holdfast.spi.Call}, the one shape of every operation.
 */
@NullMarked
package dev.holdfast.spi;

import org.jspecify.annotations.NullMarked;
