package dev.holdfast.benchmarks;

import java.net.URI;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.RedisClient;

/** Counts the commands that clients sent to a server; what scripts do inside counts as one. */
final class CommandCounter implements AutoCloseable {
    private static final Pattern CALLS = Pattern.compile("cmdstat_([a-z|]+):calls=(\\d+)");
    /** What contenders call outside of scripts. */
    private static final Set<String> SENT = Set.of("evalsha", "eval", "wait", "subscribe", "unsubscribe");

    private final RedisClient redis;

    CommandCounter(String url) {
        URI uri = URI.create(url);
        redis = RedisClient.builder().hostAndPort(uri.getHost(), uri.getPort()).build();
    }

    /** @param alsoSet whether SET is called outside of scripts, too */
    long commands(boolean alsoSet) {
        String stats = redis.info("commandstats");
        long commands = 0;
        Matcher calls = CALLS.matcher(stats);
        while (calls.find()) {
            if (SENT.contains(calls.group(1)) || (alsoSet && calls.group(1).equals("set"))) {
                commands += Long.parseLong(calls.group(2));
            }
        }
        return commands;
    }

    @Override
    public void close() {
        redis.close();
    }
}
