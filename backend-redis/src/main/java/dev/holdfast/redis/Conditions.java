package dev.holdfast.redis;

import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import java.nio.ByteBuffer;

/** Mutations in the words of the scripts. */
final class Conditions {
    private static final byte[] NOTHING = {};
    private static final byte[] ABSENT = {'a'};
    private static final byte[] PRESENT = {'p'};
    private static final byte[] PUT = {'P'};
    private static final byte[] DELETE = {'D'};
    private static final byte[] EXPIRE = {'E'};
    private static final byte[] CHECK = {'C'};

    private Conditions() {}

    static byte[] kind(Mutation mutation) {
        return switch (mutation.kind()) {
            case PUT -> PUT;
            case DELETE -> DELETE;
            case EXPIRE -> EXPIRE;
            case CHECK -> CHECK;
        };
    }

    static byte[] condition(Condition condition) {
        if (condition == Condition.ANY) {
            return NOTHING;
        }
        if (condition == Condition.ABSENT) {
            return ABSENT;
        }
        return condition.version() == null
                ? PRESENT
                : ByteBuffer.allocate(1 + Long.BYTES)
                        .put((byte) 'v')
                        .putLong(condition.version().bits())
                        .array();
    }

    static byte[] millis(Mutation mutation) {
        return Command.ascii(Long.toString(mutation.ttlMillis()));
    }

    static byte[] record(Mutation mutation) {
        return mutation.kind() == Mutation.Kind.PUT ? mutation.stored().toRecord() : NOTHING;
    }
}
