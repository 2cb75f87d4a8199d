package dev.holdfast.tck;

import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.spi.ManualTime;

/** A layer changes every value, and no rule notices. */
class FlipLayerTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        StrangerBackend.MapStore map = new StrangerBackend.MapStore();
        ManualTime time = new ManualTime();
        return TckSubject.of("flip(map)", namespace -> Backends.over("map", Stores.of(map))
                        .namespace(namespace)
                        .layer(new FlipLayer())
                        .time(time)
                        .open())
                .withTime(time);
    }
}
