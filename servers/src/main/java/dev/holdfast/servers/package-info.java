/** Real Redis and PostgreSQL servers for tests, started from binaries in Maven artifacts, and a proxy that breaks connections. */
@NullMarked
package dev.holdfast.servers;

import org.jspecify.annotations.NullMarked;
