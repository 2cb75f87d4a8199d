package dev.holdfast.tck;

import static dev.holdfast.tck.WrongBackend.Depth.FAILOVER;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Time;
import dev.holdfast.tck.FragileStore.Mistake;
import dev.holdfast.tck.WrongFaces.FaceCall;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Backends that are right until their store fails. */
final class WrongUnderFaults {
    private WrongUnderFaults() {}

    private interface WrongOver {
        Object answer(FragileStore store, FaceCall call) throws Throwable;
    }

    private static WrongBackend wrong(Mistake mistake, String rules) {
        return new WrongBackend(
                RuleNames.words(mistake), FAILOVER, rules, () -> subject(new FragileStore(mistake), right -> right));
    }

    private static WrongBackend face(String how, String rules, String methods, WrongOver wrong) {
        return new WrongBackend(how, FAILOVER, rules, () -> {
            FragileStore store = new FragileStore(Mistake.NONE);
            return subject(
                    store,
                    right -> WrongFaces.of(right, Set.of(methods.split(" ", -1)), call -> wrong.answer(store, call)));
        });
    }

    /** A store that pushes. */
    static TckSubject pushing(Mistake mistake) {
        FragileStore store = new FragileStore(mistake);
        LockTable locks = new LockTable(Time.system(), LockTable.Mistake.NONE);
        return TckSubject.of("a store that pushes and can be broken", namespace -> Backends.over(
                                "fragile", new Stores(store, pushing(locks.client()), store.events()))
                        .namespace(namespace)
                        .open())
                .withFaults(store);
    }

    private static LockStore pushing(LockStore locks) {
        return new ForwardingLockStore(locks) {
            @Override
            public Set<Capability> capabilities() {
                return Set.of(Capability.PUSH);
            }
        };
    }

    static TckSubject right() {
        return subject(new FragileStore(Mistake.NONE), right -> right);
    }

    static TckSubject subject(FragileStore store, UnaryOperator<Backend> around) {
        return TckSubject.of(
                        "a store that can be broken",
                        namespace -> around.apply(Backends.over("fragile", Stores.of(store))
                                .namespace(namespace)
                                .open()))
                .withFaults(store);
    }

    static Stream<WrongBackend> all() {
        Map<LockGuard, Integer> strikes = new ConcurrentHashMap<>();
        Set<String> ghosts = ConcurrentHashMap.newKeySet();
        return Stream.of(
                wrong(Mistake.FORGETS_WHEN_RESTARTED, "P01"),
                wrong(Mistake.FORGETS_WHEN_KILLED, "P02"),
                wrong(Mistake.STAYS_AWAY, "P04"),
                wrong(Mistake.ABSENT_WHEN_SILENT, "P05"),
                wrong(Mistake.LOCKS_GO_WITH_CONNECTIONS, "P08"),
                wrong(Mistake.ANSWERS_OF_OTHERS_AFTER_A_CUT, "P09"),
                wrong(Mistake.LATE_SECOND_WRITES, "P10"),
                wrong(Mistake.UNKNOWN_TOLD_AS_NOT_APPLIED, "P12"),
                wrong(Mistake.REPEATS_LOST_WRITES, "P12"),
                wrong(Mistake.ERRORS_OF_ITS_OWN, "P02"),
                new WrongBackend(
                        RuleNames.words(Mistake.CUTS_ARE_NOT_TOLD),
                        FAILOVER,
                        "P13",
                        () -> pushing(Mistake.CUTS_ARE_NOT_TOLD)),
                wrong(Mistake.STAYS_WITH_THE_OLD_PRIMARY, "P15"),
                face(
                        "grants are counted in the store's memory",
                        "P03,P15,P16,P20",
                        "DistributedLock.tryAcquire LockGuard.fence",
                        (store, call) -> {
                            Object right = call.right();
                            if (right instanceof Optional<?> taken) {
                                taken.ifPresent(guard -> strikes.put((LockGuard) guard, store.strikes()));
                                return taken;
                            }
                            long lost = strikes.get(call.face(LockGuard.class)) * (1L << 45);
                            return new FencingToken(((FencingToken) right).value() - lost);
                        }),
                face(
                        "a guard waits for bad news from the store",
                        "P06",
                        "LockGuard.isHeld",
                        (store, call) -> call.face(LockGuard.class).state() != LockGuard.State.RELEASED),
                face(
                        "a question without an answer is forgotten by its asker only",
                        "P07,P11",
                        "DistributedLock.tryAcquire",
                        (store, call) -> {
                            String name = call.argument(0);
                            if (ghosts.contains(name)) {
                                return Optional.empty();
                            }
                            try {
                                return call.right();
                            } catch (BackendException unanswered) {
                                ghosts.add(name);
                                throw unanswered;
                            }
                        }),
                face("a lease begins with its answer", "P14", "LockGuard.remaining", (store, call) -> ((Duration)
                                call.right())
                        .plusSeconds(1)));
    }
}
