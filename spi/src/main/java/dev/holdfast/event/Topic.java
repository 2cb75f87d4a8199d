package dev.holdfast.event;

import dev.holdfast.spi.Key;

/**
 * What a subscription listens to: one channel, or all channels whose names begin with a prefix.
 *
 * @param name the channel or the prefix
 * @param prefix whether {@code name} is a prefix
 */
public record Topic(String name, boolean prefix) {
    public Topic {
        Key.utf8("channel name", name);
    }

    public static Topic channel(String name) {
        return new Topic(name, false);
    }

    public static Topic prefix(String prefix) {
        return new Topic(prefix, true);
    }

    public boolean matches(String channel) {
        return prefix ? channel.startsWith(name) : channel.equals(name);
    }
}
