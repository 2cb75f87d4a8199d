package dev.holdfast.compression;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.Nested;

/** The rules about values, keys and batches, on real servers and with every value compressed. The others are run with the faults. */
class CompressedServersTckTest {
    private static final String CHAPTERS = "SKB";

    @Nested
    class RedisZstd extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.REDIS.forced("zstd").only(CHAPTERS);
        }
    }

    @Nested
    class PostgresLz4 extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.POSTGRES.forced("lz4").only(CHAPTERS);
        }
    }
}
