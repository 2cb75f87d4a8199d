/**
 * The {@code holdfast} command and its demo. Start at {@link dev.holdfast.cli.Main}; the demo's stream processor is
 * {@link dev.holdfast.cli.Worker}, and what is done to it is in {@link dev.holdfast.cli.Overseer}.
 */
@NullMarked
package dev.holdfast.cli;

import org.jspecify.annotations.NullMarked;
