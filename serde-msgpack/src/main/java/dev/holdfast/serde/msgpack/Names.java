package dev.holdfast.serde.msgpack;

import dev.holdfast.spi.Key;
import java.nio.charset.StandardCharsets;

/** Stored names in messages. */
final class Names {
    private Names() {}

    /** The name in quotes, cut and without anything that breaks a line. */
    static String printable(String name) {
        return Key.of(name.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
