package dev.holdfast.compression;

import dev.holdfast.servers.RedisCluster;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** Every rule on Redis under a layer that was switched on by URL, and those of state with each codec. */
@Tag("faults")
class CompressedRedisFullTckTest {
    @Nested
    class ByUrl extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.REDIS.byUrl("compression=lz4");
        }
    }

    @Nested
    class Lz4 extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.REDIS.forced("lz4").only(Place.STATE);
        }
    }

    @Nested
    class Snappy extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.REDIS.forced("snappy").only(Place.STATE);
        }
    }

    @Nested
    class Zstd extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.REDIS.forced("zstd").only(Place.STATE);
        }
    }

    /** Where one value and the dictionary it needs lie on different servers. */
    @Nested
    class ClusterByUrl extends BackendTck {
        private static RedisCluster servers;

        @BeforeAll
        static void start() {
            servers = RedisCluster.start();
        }

        @AfterAll
        static void stop() {
            servers.close();
        }

        @Override
        protected TckSubject subject() {
            return Place.byUrl(servers.url(), "compression=zstd").only(Place.STATE);
        }
    }
}
