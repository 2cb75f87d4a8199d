/** State, locks and events on PostgreSQL. */
@NullMarked
package dev.holdfast.postgres;

import org.jspecify.annotations.NullMarked;
