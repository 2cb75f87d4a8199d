package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Right backends, of which one part can be exchanged for a wrong one. Each subject has a store of its own. */
final class Rig {
    private Rig() {}

    /** A store that can do everything, with locks in a table, by a clock that is moved. */
    static TckSubject full(UnaryOperator<Backend> around) {
        return of(FullMapStore::new, LockTable.Mistake.NONE, around);
    }

    /** A store that can do only what it must, with locks in a table, by a clock that is moved. */
    static TckSubject bare(UnaryOperator<Backend> around) {
        return of(time -> new StrangerBackend.MapStore(), LockTable.Mistake.NONE, around);
    }

    static TckSubject of(
            Function<ManualTime, StateStore> store, LockTable.Mistake mistake, UnaryOperator<Backend> around) {
        ManualTime time = new ManualTime();
        StateStore state = store.apply(time);
        LockTable table = new LockTable(time, mistake);
        BiFunction<String, ManualTime, Backend> opener =
                (namespace, clock) -> around.apply(Backends.over("rig", new Stores(state, table.client(), null))
                        .namespace(namespace)
                        .time(clock)
                        .open());
        return TckSubject.of("a wrong backend", namespace -> opener.apply(namespace, time))
                .withTime(time)
                .withStoppedClients(opener);
    }

    /** The same as {@link #full}, by clocks that run. */
    static TckSubject running(Time time, UnaryOperator<Backend> around) {
        StateStore state = new FullMapStore(time);
        LockTable table = new LockTable(time, LockTable.Mistake.NONE);
        return TckSubject.of(
                "a wrong backend",
                namespace -> around.apply(Backends.over("rig", new Stores(state, table.client(), null))
                        .namespace(namespace)
                        .time(time)
                        .open()));
    }
}
