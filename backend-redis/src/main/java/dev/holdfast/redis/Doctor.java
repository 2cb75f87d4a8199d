package dev.holdfast.redis;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tells whether the servers are well, by what they tell of themselves. Safe for use by many threads. */
final class Doctor {
    private static final Pattern OFFSET = Pattern.compile("offset=([0-9]{1,18})");
    private static final Command INFO = Command.read(null, Command.ascii("INFO"));

    private final Redis redis;

    Doctor(Redis redis) {
        this.redis = redis;
    }

    Call<Health> health() {
        return Call.defer(() -> {
            List<Node> primaries = redis.primaries();
            if (primaries.isEmpty()) {
                return Call.done(new Health(Health.Status.DOWN, Map.of("primaries", "none known")));
            }
            return Call.outcomes(primaries.stream()
                            .map(node -> redis.callAt(node, INFO))
                            .toList())
                    .map(answers -> verdict(primaries, answers));
        });
    }

    private Health verdict(List<Node> primaries, List<Outcome<@Nullable Object>> answers) {
        Health all = Health.UP;
        for (int i = 0; i < primaries.size(); i++) {
            all = all.and(of(primaries.get(i).toString(), answers.get(i)));
        }
        return all;
    }

    private Health of(String server, Outcome<@Nullable Object> answer) {
        Map<String, String> details = new TreeMap<>();
        if (answer.error() instanceof BackendException failed) {
            details.put(server, String.valueOf(failed.getMessage()));
            return new Health(Health.Status.DOWN, details);
        }
        Map<String, String> info = parse(Keyspace.text(answer.get()));
        details.put(server + ".role", info.getOrDefault("role", "unknown"));
        details.put(server + ".version", info.getOrDefault("redis_version", "unknown"));
        details.put(server + ".usedMemory", info.getOrDefault("used_memory", "unknown"));
        if (!"master".equals(info.get("role"))) {
            return new Health(Health.Status.DOWN, details);
        }
        details.put(server + ".replicas", info.getOrDefault("connected_slaves", "unknown"));
        replicationLag(info).ifPresent(bytes -> details.put(server + ".replicationLagBytes", Long.toString(bytes)));
        Health.Status status = Health.Status.UP;
        long most = number(info, "maxmemory");
        if (most > 0) {
            details.put(server + ".maxMemory", Long.toString(most));
            if (number(info, "used_memory") > most * redis.settings().memoryThreshold()) {
                status = Health.Status.DEGRADED;
            }
            String policy = info.getOrDefault("maxmemory_policy", "noeviction");
            if (!policy.equals("noeviction")) {
                details.put(server + ".evictionPolicy", policy + " removes locks and state; use noeviction");
                status = Health.Status.DEGRADED;
            }
        }
        return new Health(status, details);
    }

    /** What the replica that is furthest behind has not acknowledged yet; empty if there is none. */
    private static OptionalLong replicationLag(Map<String, String> info) {
        long written = number(info, "master_repl_offset");
        return info.entrySet().stream()
                .filter(field -> field.getKey().matches("slave[0-9]+"))
                .map(field -> OFFSET.matcher(field.getValue()))
                .filter(Matcher::find)
                .mapToLong(offset -> Math.max(0, written - Long.parseLong(offset.group(1))))
                .max();
    }

    /** What to tell whoever opens the backend; empty if there is nothing to tell. */
    List<String> warnings() {
        return redis.primaries().stream()
                .flatMap(node -> warnings(node).stream())
                .toList();
    }

    private static List<String> warnings(Node node) {
        String policy;
        try {
            policy = info(node).getOrDefault("maxmemory_policy", "noeviction");
        } catch (BackendUnavailableException away) {
            return List.of(node + " could not be asked for its eviction policy: " + away.getMessage());
        }
        return policy.equals("noeviction")
                ? List.of()
                : List.of(node + " has the eviction policy " + policy
                        + ": when its memory is full it removes locks and state without a word. Set maxmemory-policy to"
                        + " noeviction.");
    }

    /** Whether an acknowledged write survives the death of the server's process, if no other server takes over. */
    boolean isDurable() {
        return redis.primaries().stream().allMatch(node -> "1".equals(info(node).get("aof_enabled")));
    }

    private static Map<String, String> info(Node node) {
        try {
            return parse(Keyspace.text(node.ask(Command.ascii("INFO"))));
        } catch (BackendRejectedException notAllowed) {
            return Map.of();
        }
    }

    private static long number(Map<String, String> info, String name) {
        String text = info.getOrDefault(name, "0");
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    static Map<String, String> parse(String info) {
        Map<String, String> values = new HashMap<>();
        for (String line : info.lines().toList()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                values.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return values;
    }
}
