/**
 * Options and settings: what can be configured, where values come from, and clear errors for bad ones. Start with
 * {@link dev.holdfast.config.Option}.
 */
@NullMarked
package dev.holdfast.config;

import org.jspecify.annotations.NullMarked;
