package dev.holdfast.redis;

import java.io.ByteArrayOutputStream;

/** Patterns of the server. */
final class Glob {
    private Glob() {}

    /** A pattern that matches these bytes and nothing else. */
    static byte[] quoted(byte[] bytes) {
        ByteArrayOutputStream pattern = new ByteArrayOutputStream(bytes.length + 8);
        for (byte each : bytes) {
            if ("*?[]\\".indexOf(each) >= 0) {
                pattern.write('\\');
            }
            pattern.write(each);
        }
        return pattern.toByteArray();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }
}
