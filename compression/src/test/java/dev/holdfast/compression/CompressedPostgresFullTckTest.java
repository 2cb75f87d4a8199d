package dev.holdfast.compression;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** Every rule on PostgreSQL under a layer that was switched on by URL, and those of state with each codec. */
@Tag("faults")
class CompressedPostgresFullTckTest {
    @Nested
    class ByUrl extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.POSTGRES.byUrl("compression=zstd&lockMode=lease&schema=leases");
        }
    }

    @Nested
    class Lz4 extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.POSTGRES.forced("lz4").only(Place.STATE);
        }
    }

    @Nested
    class Snappy extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.POSTGRES.forced("snappy").only(Place.STATE);
        }
    }

    @Nested
    class Zstd extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.POSTGRES.forced("zstd").only(Place.STATE);
        }
    }
}
