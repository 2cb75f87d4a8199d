/**
 * Distributed locks: the faces a user sees ({@link dev.holdfast.lock.DistributedLock}, {@link dev.holdfast.lock.LockGuard}), the port
 * an author may implement ({@link dev.holdfast.lock.LockStore}), and the engine between them.
 */
@NullMarked
package dev.holdfast.lock;

import org.jspecify.annotations.NullMarked;
