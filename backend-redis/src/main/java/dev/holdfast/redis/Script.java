package dev.holdfast.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A Lua script of the server, from the resource beside this class. Immutable. */
final class Script {
    private final String name;
    private final byte[] text;
    private final byte[] sha1;

    private Script(String name, byte[] text) {
        this.name = name;
        this.text = text;
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(text);
            sha1 = HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JVM has SHA-1", impossible);
        }
    }

    /** The script in {@code dev/holdfast/redis/<name>.lua}. */
    static Script of(String name) {
        String resource = name + ".lua";
        try (InputStream in = Script.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + resource);
            }
            return new Script(name, in.readAllBytes());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    byte[] text() {
        return text;
    }

    /** In hexadecimal, as EVALSHA wants it. */
    byte[] sha1() {
        return sha1;
    }

    @Override
    public String toString() {
        return name;
    }
}
