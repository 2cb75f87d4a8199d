package dev.holdfast.spi;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a backend or a part of it says of itself when asked. Immutable.
 *
 * @param status the verdict
 * @param details measured facts behind it, by name; no secrets
 */
public record Health(Status status, Map<String, String> details) {

    /** From good to bad. */
    public enum Status {
        /** Operations are expected to succeed. */
        UP,
        /** Operations succeed, but something the details name needs attention. */
        DEGRADED,
        /** Operations are expected to fail. */
        DOWN
    }

    public static final Health UP = new Health(Status.UP, Map.of());

    public Health {
        details = Map.copyOf(details);
    }

    /** The worse verdict of both, with the details of both. */
    public Health and(Health other) {
        Map<String, String> both = new TreeMap<>(details);
        both.putAll(other.details);
        return new Health(status.compareTo(other.status) >= 0 ? status : other.status, both);
    }
}
