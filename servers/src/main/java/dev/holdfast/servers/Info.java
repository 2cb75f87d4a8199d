package dev.holdfast.servers;

import java.util.HashMap;
import java.util.Map;

/** What Redis's {@code INFO} and {@code CLUSTER INFO} say. */
final class Info {
    private Info() {}

    /** Lines of {@code field:value}. */
    static Map<String, String> parse(String text) {
        Map<String, String> fields = new HashMap<>();
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        });
        return fields;
    }
}
