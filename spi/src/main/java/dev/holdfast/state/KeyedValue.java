package dev.holdfast.state;

import dev.holdfast.spi.Key;

/**
 * A key and what a store keeps at it.
 *
 * @param key the key within its space
 * @param stored the value as stored; the array is the receiver's
 */
public record KeyedValue(Key key, Stored stored) {}
