package dev.holdfast.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Lua script of the server, from the resource beside this class. Immutable. */
final class Script {
    private static final Pattern INCLUDE = Pattern.compile("(?m)^-- include (\\S+)$");

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

    /** The script in {@code dev/holdfast/redis/<name>.lua}; a line {@code -- include <file>} in it stands for that file. */
    static Script of(String name) {
        return new Script(name, text(name).getBytes(StandardCharsets.UTF_8));
    }

    /** The same for a script that publishes: on sharded channels, if so wanted. */
    static Script publishing(String name, boolean sharded) {
        String text = text(name);
        return new Script(
                name, (sharded ? text.replace("'PUBLISH'", "'SPUBLISH'") : text).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(String name) {
        return INCLUDE.matcher(read(name + ".lua"))
                .replaceAll(include -> Matcher.quoteReplacement(read(include.group(1))));
    }

    private static String read(String resource) {
        try (InputStream in = Script.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
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
