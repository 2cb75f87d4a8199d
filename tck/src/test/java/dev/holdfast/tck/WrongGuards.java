package dev.holdfast.tck;

import static dev.holdfast.tck.WrongBackend.Depth.BLATANT;
import static dev.holdfast.tck.WrongBackend.Depth.CONCURRENT;
import static dev.holdfast.tck.WrongBackend.Depth.ORDINARY;
import static dev.holdfast.tck.WrongBackend.Depth.TIMING;

import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGroup;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.lock.LossReason;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.tck.WrongBackend.Depth;
import dev.holdfast.tck.WrongFaces.FaceCall;
import dev.holdfast.tck.WrongFaces.Wrong;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Backends whose locks are wrong though their store is right: what a wrong engine would do. */
final class WrongGuards {
    private WrongGuards() {}

    private static WrongBackend face(String how, Depth depth, String rules, String methods, Wrong wrong) {
        return new WrongBackend(
                how,
                depth,
                rules,
                () -> Rig.full(right -> WrongFaces.of(right, Set.of(methods.split(" ", -1)), wrong)));
    }

    static Stream<WrongBackend> all() {
        return Stream.of(guards(), leases(), renewals(), waits(), groups()).flatMap(some -> some);
    }

    private static DistributedLock locks(FaceCall call) {
        return call.face(DistributedLock.class);
    }

    private static LockGuard guard(FaceCall call) {
        return call.face(LockGuard.class);
    }

    /** The options of a call, whichever of its forms it has. */
    private static LockOptions options(FaceCall call) {
        Object given = call.arguments().size() < 2 ? LockOptions.renewing() : call.argument(1);
        return given instanceof LockOptions options ? options : LockOptions.lease((Duration) given);
    }

    // --- Guards

    private static Stream<WrongBackend> guards() {
        Map<String, LockGuard> held = new ConcurrentHashMap<>();
        LeaseId mine = LeaseId.random();
        return Stream.of(
                face("a thread may take its lock again", ORDINARY, "L04", "DistributedLock.tryAcquire", call -> {
                    String again = Thread.currentThread().getId() + " " + call.argument(0);
                    LockGuard guard = held.get(again);
                    if (guard != null && guard.isHeld()) {
                        return Optional.of(guard);
                    }
                    Optional<?> taken = (Optional<?>) call.right();
                    taken.ifPresent(fresh -> held.put(again, (LockGuard) fresh));
                    return taken;
                }),
                face("close closes nothing", BLATANT, "L08,Z05", "LockGuard.close", call -> null),
                face("whoever holds a lock is the client", ORDINARY, "L09", "LockGuard.leaseId", call -> mine),
                face("a superseded holder gives the lock away", ORDINARY, "L24", "LockGuard.transferTo", call -> {
                    call.right();
                    return true;
                }),
                face(
                        "what is asked without blocking is not found",
                        BLATANT,
                        "L25",
                        "AsyncDistributedLock.find",
                        call -> CompletableFuture.completedStage(Optional.empty())),
                face("long names are cut", ORDINARY, "L26", "DistributedLock.find", call -> {
                    String name = call.argument(0);
                    int limit = call.backend().limits().maxNameBytes();
                    return call.with(name.length() > limit ? name.substring(0, limit) : name);
                }));
    }

    // --- Leases

    private static Stream<WrongBackend> leases() {
        Map<LockGuard, List<Consumer<LossReason>>> listeners = new ConcurrentHashMap<>();
        return Stream.of(
                face(
                        "a guard believes what it was told once",
                        TIMING,
                        "L11,X04,X05",
                        "LockGuard.isHeld",
                        call -> guard(call).state() != LockGuard.State.RELEASED),
                face("no lease is the longest", ORDINARY, "X09", "DistributedLock.tryAcquire", call -> {
                    Object given = call.argument(1);
                    return given instanceof Duration ttl && ttl.isZero()
                            ? locks(call).tryAcquire(call.argument(0), Duration.ofMinutes(1))
                            : call.right();
                }),
                face("a release is told like a loss", ORDINARY, "X10", "LockGuard.onLost LockGuard.release", call -> {
                    if (call.method().getName().equals("onLost")) {
                        listeners
                                .computeIfAbsent(guard(call), any -> new ArrayList<>())
                                .add(call.argument(0));
                        return call.right();
                    }
                    Object outcome = call.right();
                    listeners
                            .getOrDefault(guard(call), List.of())
                            .forEach(listener -> listener.accept(LossReason.CLOSED));
                    return outcome;
                }),
                new WrongBackend(
                        "one thread for renewals and listeners",
                        CONCURRENT,
                        "X11",
                        () -> Rig.running(new OneThread(), right -> right)),
                face("nobody is told of a risk", ORDINARY, "X14", "LockGuard.onAtRisk", call -> null));
    }

    // --- Renewal

    private static Stream<WrongBackend> renewals() {
        Set<String> lost = ConcurrentHashMap.newKeySet();
        Set<LockGuard> extending = ConcurrentHashMap.newKeySet();
        return Stream.of(
                face("a late renewal takes a released lock again", TIMING, "R02", "LockGuard.release", call -> {
                    Object outcome = call.right();
                    call.backend().locks().tryAcquire(guard(call).name(), Duration.ofHours(1));
                    return outcome;
                }),
                face(
                        "a name that was lost is believed to be renewed already",
                        TIMING,
                        "R05",
                        "DistributedLock.tryAcquire DistributedLock.forceRelease",
                        call -> {
                            if (call.method().getName().equals("forceRelease")) {
                                lost.add(call.argument(0));
                                return call.right();
                            }
                            LockOptions options = options(call);
                            return lost.contains(call.<String>argument(0)) && options.isRenewing()
                                    ? locks(call).tryAcquire(call.argument(0), LockOptions.lease(options.lease()))
                                    : call.right();
                        }),
                face("maxHold is forgotten", TIMING, "R12", "DistributedLock.tryAcquire", call -> {
                    LockOptions options = options(call);
                    return options.maxHold() == null
                            ? call.right()
                            : call.with(call.argument(0), LockOptions.renewing().renewingEvery(options.lease()));
                }),
                face(
                        "a renewal under way undoes the release",
                        CONCURRENT,
                        "R14",
                        "LockGuard.extendAsync LockGuard.release",
                        call -> {
                            if (call.method().getName().equals("extendAsync")) {
                                extending.add(guard(call));
                                return call.right();
                            }
                            Object outcome = call.right();
                            if (extending.remove(guard(call))) {
                                call.backend().locks().tryAcquire(guard(call).name(), Duration.ofHours(1));
                            }
                            return outcome;
                        }),
                face("extend says yes and does nothing", ORDINARY, "R09,R10,R16", "LockGuard.extend", call -> guard(
                                call)
                        .isHeld()));
    }

    // --- Waiting

    private static Stream<WrongBackend> waits() {
        AtomicInteger waiters = new AtomicInteger();
        Set<String> ghosts = ConcurrentHashMap.newKeySet();
        Semaphore connections = new Semaphore(4);
        return Stream.of(
                face(
                        "an interrupt is swallowed",
                        ORDINARY,
                        "W05",
                        "DistributedLock.acquire DistributedLock.tryAcquire DistributedLock.tryAcquireEach"
                                + " DistributedLock.tryAcquireAll",
                        call -> {
                            boolean interrupted = Thread.interrupted();
                            Object result = call.right();
                            if (interrupted) {
                                Thread.currentThread().interrupt();
                            }
                            return result;
                        }),
                face(
                        "a wait that was over is granted all the same",
                        CONCURRENT,
                        "W09",
                        "DistributedLock.tryAcquire",
                        call -> {
                            String name = call.argument(0);
                            if (ghosts.contains(name)) {
                                return Optional.empty();
                            }
                            Optional<?> taken = (Optional<?>) call.right();
                            if (taken.isEmpty() && !options(call).within().isZero()) {
                                ghosts.add(name);
                            }
                            return taken;
                        }),
                face("the fourth waiter is forgotten", CONCURRENT, "W07", "DistributedLock.acquire", call -> {
                    LockGuard granted = (LockGuard) call.right();
                    if (waiters.incrementAndGet() == 4) {
                        granted.release();
                        if (new CountDownLatch(1).await(30, TimeUnit.SECONDS)) {
                            throw new AssertionError("a latch that nobody opens");
                        }
                    }
                    return granted;
                }),
                face("each waiter keeps a connection", CONCURRENT, "W13", "DistributedLock.acquire", call -> {
                    connections.acquire();
                    try {
                        return call.right();
                    } finally {
                        connections.release();
                    }
                }),
                face(
                        "priority is not passed on",
                        ORDINARY,
                        "W16,W17",
                        "DistributedLock.acquire",
                        call -> call.arguments().size() < 2
                                ? call.right()
                                : locks(call)
                                        .acquire(
                                                call.argument(0),
                                                LockOptions.lease(options(call).lease()))),
                face("a wait that makes no sense is dropped", ORDINARY, "W19", "DistributedLock.acquire", call -> {
                    LockOptions options = options(call);
                    return options.within().isZero()
                            ? call.right()
                            : locks(call).acquire(call.argument(0), LockOptions.lease(options.lease()));
                }));
    }

    // --- Groups

    private static Stream<WrongBackend> groups() {
        return Stream.of(
                face("a name given twice waits for itself", ORDINARY, "M03", "DistributedLock.tryAcquireAll", call -> {
                    Collection<String> names = call.argument(0);
                    return names.size() == new HashSet<>(names).size() ? call.right() : Optional.empty();
                }),
                face(
                        "a group is as good as its first member",
                        ORDINARY,
                        "M05",
                        "LockGroup.remaining",
                        call -> call.face(LockGroup.class).guards().get(0).remaining()),
                face("the wait is divided among the names", TIMING, "M06", "DistributedLock.tryAcquireAll", call -> {
                    Collection<String> names = call.argument(0);
                    LockOptions options = call.argument(1);
                    return call.with(names, options.within(options.within().dividedBy(Math.max(1, names.size()))));
                }),
                face(
                        "a group of nothing is refused like one that is held",
                        ORDINARY,
                        "M08",
                        "DistributedLock.tryAcquireAll",
                        call -> call.<Collection<?>>argument(0).isEmpty() ? Optional.empty() : call.right()),
                face(
                        "the guards of a group are sorted",
                        ORDINARY,
                        "M09",
                        "LockGroup.guards",
                        call -> call.face(LockGroup.class).guards().stream()
                                .sorted(Comparator.comparing(LockGuard::name))
                                .toList()),
                face("a group that had to wait is refused", ORDINARY, "M11", "DistributedLock.tryAcquireAll", call -> {
                    Optional<?> group = (Optional<?>) call.right();
                    if (call.<LockOptions>argument(1).within().isZero()) {
                        return group;
                    }
                    group.ifPresent(taken -> ((LockGroup) taken).release());
                    return Optional.empty();
                }));
    }
}
