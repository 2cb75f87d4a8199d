package dev.holdfast.state;

import dev.holdfast.spi.Version;

/**
 * The mark of a fenced scope: who may write to it, and how far that writer came. As durable as the scope's data; it survives drop,
 * clear and expiry, and goes only with {@code forget}.
 *
 * @param fence the value of the one fencing token that may write
 * @param commit the number of batches applied since the mark was first set; rises by one with each, never falls
 * @param last the id of the batch applied last, by which its writer recognizes it when the reply was lost; any value before the first
 */
public record Mark(long fence, long commit, Version last) {}
