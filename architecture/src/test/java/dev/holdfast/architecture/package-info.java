/**
 * The rules of the house that no pom can state, checked on the compiled classes of all modules.
 * Start at {@link dev.holdfast.architecture.House}, which names the rooms.
 */
@NullMarked
package dev.holdfast.architecture;

import org.jspecify.annotations.NullMarked;
