package dev.holdfast.postgres;

import dev.holdfast.lock.LockName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.ToLongFunction;

/** The 64 bits by which the server knows a lock: the beginning of a SHA-256 of what names it. */
final class LockKey {
    private LockKey() {}

    /** Keys for a table, which is of one schema. */
    static long of(LockName name) {
        return of(digest(bytes(name.namespace())), name);
    }

    /** Keys of advisory locks, which all schemas of a database share. */
    static ToLongFunction<LockName> ofDatabase(String schema) {
        byte[] bytes = bytes(schema);
        return name -> {
            MessageDigest digest = digest(bytes);
            update(digest, bytes(name.namespace()));
            return of(digest, name);
        };
    }

    private static long of(MessageDigest digest, LockName name) {
        return ByteBuffer.wrap(digest.digest(bytes(name.name()))).getLong();
    }

    /** A SHA-256 that has this text, of which more follow. */
    static MessageDigest digest(byte[] first) {
        MessageDigest digest = sha256();
        update(digest, first);
        return digest;
    }

    /** The length first, so that no two rows of texts read the same. */
    private static void update(MessageDigest digest, byte[] text) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(text.length).array());
        digest.update(text);
    }

    /** UTF-8; a {@link LockName} has no half surrogate pairs. */
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
