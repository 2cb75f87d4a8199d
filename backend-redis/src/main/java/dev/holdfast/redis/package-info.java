/** State, locks and events on Redis: standalone, Sentinel, Cluster. */
@NullMarked
package dev.holdfast.redis;

import org.jspecify.annotations.NullMarked;
