/**
 * Events between the users of one backend: the face {@link dev.holdfast.event.Events} and the port {@link dev.holdfast.event.EventStore}.
 */
@NullMarked
package dev.holdfast.event;

import org.jspecify.annotations.NullMarked;
