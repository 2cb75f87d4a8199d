package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.spi.ManualTime;
import java.util.function.BiFunction;

/** A layer changes every value, and no rule notices. */
class FlipLayerTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        StrangerBackend.MapStore map = new StrangerBackend.MapStore();
        ManualTime time = new ManualTime();
        BiFunction<String, ManualTime, Backend> opener = (namespace, clock) -> Backends.over("map", Stores.of(map))
                .namespace(namespace)
                .layer(new FlipLayer())
                .time(clock)
                .open();
        return TckSubject.of("flip(map)", namespace -> opener.apply(namespace, time))
                .withTime(time)
                .withStoppedClients(opener);
    }
}
