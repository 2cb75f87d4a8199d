package dev.holdfast.compression;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;
import org.junit.jupiter.api.Nested;

/** Every value compressed by each codec in turn, and no rule notices. */
class CompressedMemoryTckTest {
    private static TckSubject compressed(String codec) {
        ManualTime time = new ManualTime();
        return TckSubject.of(codec + "(memory)", namespace -> open(codec, namespace, time))
                .withTime(time);
    }

    private static Backend open(String codec, String namespace, ManualTime time) {
        return Backends.at("memory:tck-" + codec)
                .namespace(namespace)
                .layer(Forced.layer(codec, time))
                .time(time)
                .open();
    }

    @Nested
    class Lz4 extends BackendTck {
        @Override
        protected TckSubject subject() {
            return compressed("lz4");
        }
    }

    @Nested
    class Snappy extends BackendTck {
        @Override
        protected TckSubject subject() {
            return compressed("snappy");
        }
    }

    @Nested
    class Zstd extends BackendTck {
        @Override
        protected TckSubject subject() {
            return compressed("zstd");
        }
    }

    /** As a user switches it on, with a low threshold: some values compressed, some plain, side by side. */
    @Nested
    class ByUrl extends BackendTck {
        @Override
        protected TckSubject subject() {
            return Place.byUrl("memory:tck-url", "compression=lz4").withTime(new ManualTime());
        }
    }
}
