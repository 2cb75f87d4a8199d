package dev.holdfast.lock;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Stored;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What {@link StateLockStore} keeps at a name: format (1 byte), state (1), lease id (16), grant (8), length (8), label (UTF-8).
 *
 * @param leaseId whose claim, hold or offer this is
 * @param lengthMillis how long the record must stand still before somebody else may take the name
 */
record LockRecord(State state, LeaseId leaseId, long grant, long lengthMillis, String label) {
    private static final byte FORMAT = 1;
    private static final int HEADER_BYTES = 34;

    enum State {
        /** Reserved by somebody who has not yet compared its grant with the floor, and so has told nobody of it. */
        CLAIMED(1),
        /** Held; the grant is final. */
        HELD(2),
        /** Free for the lease id alone; the grant is that of the hold before. */
        OFFERED(3);

        private final byte code;

        State(int code) {
            this.code = (byte) code;
        }

        private static State of(byte code) {
            for (State state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            throw new CorruptValueException("unknown state " + code + " in a lock record");
        }
    }

    LockRecord with(State newState, long newGrant) {
        return new LockRecord(newState, leaseId, newGrant, lengthMillis, label);
    }

    Stored toStored(Version version) {
        byte[] text = Key.utf8("label", label);
        byte[] bytes = ByteBuffer.allocate(HEADER_BYTES + text.length)
                .put(FORMAT)
                .put(state.code)
                .putLong(leaseId.high())
                .putLong(leaseId.low())
                .putLong(grant)
                .putLong(lengthMillis)
                .put(text)
                .array();
        return Stored.plain(bytes, version);
    }

    static LockRecord of(Stored stored) {
        ByteBuffer record = ByteBuffer.wrap(stored.bytes());
        if (stored.encoding() != Stored.PLAIN || record.remaining() < HEADER_BYTES || record.get() != FORMAT) {
            throw new CorruptValueException("not a lock record of format " + FORMAT + ": " + stored);
        }
        State state = State.of(record.get());
        LeaseId leaseId = new LeaseId(record.getLong(), record.getLong());
        long grant = record.getLong();
        long lengthMillis = record.getLong();
        if (grant <= 0 || lengthMillis < 0) {
            throw new CorruptValueException("grant " + grant + " or length " + lengthMillis + " ms in a lock record");
        }
        return new LockRecord(
                state,
                leaseId,
                grant,
                lengthMillis,
                StandardCharsets.UTF_8.decode(record).toString());
    }
}
