package dev.holdfast.redis;

import dev.holdfast.spi.CorruptValueException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Raw replies as what they should be. */
final class Replies {
    private Replies() {}

    static long number(@Nullable Object reply) {
        if (reply instanceof Long number) {
            return number;
        }
        throw unexpected("a number", reply);
    }

    static byte[] bytes(@Nullable Object reply) {
        if (reply instanceof byte[] bytes) {
            return bytes;
        }
        throw unexpected("bytes", reply);
    }

    static List<?> list(@Nullable Object reply) {
        if (reply instanceof List<?> list) {
            return list;
        }
        throw unexpected("a list", reply);
    }

    private static CorruptValueException unexpected(String wanted, @Nullable Object reply) {
        return new CorruptValueException("the server should have answered " + wanted + ", but answered "
                + (reply == null ? "nothing" : "a " + reply.getClass().getSimpleName()));
    }
}
