package dev.holdfast.servers;

import java.net.URL;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@code redis-server} program in a Maven artifact.
 *
 * @param resources the program's name on the class path, by platform
 */
record RedisBinary(String version, String artifact, Map<String, String> resources) {
    private static final RedisBinary V7_0 = new RedisBinary(
            "7.0",
            "org.signal:embedded-redis:0.9.1",
            Map.of(
                    "linux-amd64", "redis-server-7.0.15-linux-amd64",
                    "linux-arm64", "redis-server-7.0.15-linux-arm64",
                    "darwin-amd64", "redis-server-7.0.15-darwin-amd64",
                    "darwin-arm64", "redis-server-7.0.15-darwin-arm64"));

    /** Its name says 6.2.6 and it is 6.2.11 on Linux, with jemalloc, linked to the system's OpenSSL 3. */
    private static final RedisBinary V6_2 = new RedisBinary(
            "6.2",
            "com.github.codemonstur:embedded-redis:1.4.4",
            Map.of(
                    "linux-amd64", "redis-server-6.2.6-v5-linux-amd64",
                    "linux-arm64", "redis-server-6.2.7-linux-arm64",
                    "darwin-amd64", "redis-server-6.2.6-v5-darwin-amd64",
                    "darwin-arm64", "redis-server-6.2.6-v5-darwin-arm64"));

    private static final List<RedisBinary> NEWEST_FIRST = List.of(V7_0, V6_2);

    static RedisBinary of(String version) {
        for (RedisBinary binary : NEWEST_FIRST) {
            if (binary.version.equals(version)) {
                return binary;
            }
        }
        List<String> known = NEWEST_FIRST.stream().map(RedisBinary::version).toList();
        throw new IllegalArgumentException("version (" + version + ") must be one of " + known);
    }

    /** The newest that is on the class path; if there is none, the newest. */
    static RedisBinary newest() {
        return NEWEST_FIRST.stream()
                .filter(binary -> binary.find() != null)
                .findFirst()
                .orElse(V7_0);
    }

    URL require() {
        URL found = find();
        if (found == null) {
            throw new MissingBinaryException(
                    resources.containsKey(Platform.name())
                            ? "no Redis " + version + " on the class path; add " + artifact
                                    + " (without its dependencies) to it"
                            : artifact + " has no Redis for " + Platform.name()
                                    + "; name a redis-server by RedisOptions.program, or a running server by"
                                    + " -Dholdfast.redis.url");
        }
        return found;
    }

    private @Nullable URL find() {
        String resource = resources.get(Platform.name());
        return resource == null ? null : RedisBinary.class.getClassLoader().getResource(resource);
    }
}
