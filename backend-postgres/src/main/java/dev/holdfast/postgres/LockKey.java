package dev.holdfast.postgres;

import dev.holdfast.lock.LockName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.ToLongFunction;

/** The 64 bits by which the server knows a lock: the beginning of the SHA-256 of namespace and name. */
final class LockKey {
    static final ToLongFunction<LockName> SHA_256 = LockKey::of;

    private LockKey() {}

    static long of(LockName name) {
        byte[] namespace = bytes(name.namespace());
        MessageDigest digest = sha256();
        // The length first, so that no two pairs of texts read the same.
        digest.update(
                ByteBuffer.allocate(Integer.BYTES).putInt(namespace.length).array());
        digest.update(namespace);
        return ByteBuffer.wrap(digest.digest(bytes(name.name()))).getLong();
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
