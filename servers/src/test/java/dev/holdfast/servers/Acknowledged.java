package dev.holdfast.servers;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How many replicas have what was written so far. */
final class Acknowledged {
    private Acknowledged() {}

    static @Nullable Object by(int replicas, RedisServer primary, Duration limit) {
        try (RespClient client = primary.client()) {
            // WAIT is about what was written up to the last command of its connection: on a new one it waits for
            // nothing.
            client.call("PING");
            return client.call("WAIT", Integer.toString(replicas), Long.toString(limit.toMillis()));
        }
    }
}
