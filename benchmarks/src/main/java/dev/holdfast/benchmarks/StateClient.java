package dev.holdfast.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Somebody who keeps bytes by key. Safe for use by many threads; closed after use. */
interface StateClient extends AutoCloseable {
    /** The same keys and one value, as often as it is run; made ready before, as far as its user would have what it takes at hand. */
    interface Batch {
        void run() throws Exception;
    }

    void put(byte[] key, byte[] value) throws Exception;

    byte @Nullable [] get(byte[] key) throws Exception;

    Batch puttingAll(List<byte[]> keys, byte[] value);

    /** The same with a time to live. */
    default Batch puttingAll(List<byte[]> keys, byte[] value, Duration ttl) {
        throw new UnsupportedOperationException("no scenario has it");
    }

    default CompletionStage<?> getAsync(byte[] key) {
        throw new UnsupportedOperationException("it blocks");
    }

    @Override
    default void close() throws Exception {}
}
