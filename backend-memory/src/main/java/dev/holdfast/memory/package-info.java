/**
 * The reference backend: state, locks and events in this JVM, with every rule of the ports in the shortest code that keeps it.
 *
 * <p>Start with {@link dev.holdfast.memory.MemoryBackendProvider}; whoever writes a backend reads {@code MemoryStateStore} and
 * {@code MemoryLockStore} first.
 */
@NullMarked
package dev.holdfast.memory;

import org.jspecify.annotations.NullMarked;
