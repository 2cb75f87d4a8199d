package dev.holdfast.memory;

import dev.holdfast.backend.Backends;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.FlipLayer;
import dev.holdfast.tck.TckSubject;

/** A layer around the backend changes every value, and no rule notices. */
class FlippedMemoryTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        ManualTime time = new ManualTime();
        return TckSubject.of("flip(memory)", namespace -> Backends.at("memory:tck-flip")
                        .namespace(namespace)
                        .layer(new FlipLayer())
                        .time(time)
                        .open())
                .withTime(time);
    }
}
