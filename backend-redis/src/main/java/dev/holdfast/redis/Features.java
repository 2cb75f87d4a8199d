package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the server can do beyond Redis 6.2, found by asking it for its commands. Immutable.
 *
 * @param version as the server tells it, for messages
 * @param shardedEvents whether there are channels that belong to a slot (Redis 7.0)
 */
record Features(String version, boolean shardedEvents) {
    private static final Pattern VERSION = Pattern.compile("redis_version:([^\r\n]+)");

    static Features of(Node node) {
        try {
            Object info = node.ask(Command.ascii("INFO"), Command.ascii("server"));
            Matcher version =
                    VERSION.matcher(info instanceof byte[] text ? new String(text, StandardCharsets.UTF_8) : "");
            return new Features(version.find() ? version.group(1) : "unknown", knows(node, "SPUBLISH"));
        } catch (BackendRejectedException notAllowed) {
            return new Features("unknown", false);
        }
    }

    private static boolean knows(Node node, String command) {
        return node.ask(Command.ascii("COMMAND"), Command.ascii("INFO"), Command.ascii(command)) instanceof List<?> all
                && !all.isEmpty()
                && all.get(0) != null;
    }
}
