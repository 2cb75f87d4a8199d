package dev.holdfast.tck;

import static dev.holdfast.tck.WrongBackend.Depth.BLATANT;
import static dev.holdfast.tck.WrongBackend.Depth.CONCURRENT;
import static dev.holdfast.tck.WrongBackend.Depth.ORDINARY;
import static dev.holdfast.tck.WrongBackend.Depth.TIMING;

import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.lock.ForceReply;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Entry;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import dev.holdfast.tck.WrongBackend.Depth;
import dev.holdfast.tck.WrongFaces.FaceCall;
import dev.holdfast.tck.WrongFaces.Wrong;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Backends wrong about keys, values, times, versions, several keys, scans and namespaces. */
final class WrongState {
    private WrongState() {}

    private static WrongBackend face(String how, Depth depth, String rules, String methods, Wrong wrong) {
        return new WrongBackend(
                how,
                depth,
                rules,
                () -> Rig.full(right -> WrongFaces.of(right, Set.of(methods.split(" ", -1)), wrong)));
    }

    private static WrongBackend bareFace(String how, Depth depth, String rules, String methods, Wrong wrong) {
        return new WrongBackend(
                how,
                depth,
                rules,
                () -> Rig.bare(right -> WrongFaces.of(right, Set.of(methods.split(" ", -1)), wrong)));
    }

    /** A wrong client of a right store. */
    private static WrongBackend client(String how, Depth depth, String rules, UnaryOperator<StateStore> wrong) {
        return new WrongBackend(
                how,
                depth,
                rules,
                () -> Rig.of(time -> wrong.apply(new FullMapStore(time)), LockTable.Mistake.NONE, right -> right));
    }

    private static WrongBackend store(String how, Depth depth, String rules, Function<ManualTime, StateStore> wrong) {
        return new WrongBackend(how, depth, rules, () -> Rig.of(wrong, LockTable.Mistake.NONE, right -> right));
    }

    /** Two callers that meet once. */
    private static final class Meeting {
        private final CountDownLatch both = new CountDownLatch(2);

        /** Waits for the other, if it has not been here. */
        void join() {
            both.countDown();
            try {
                if (!both.await(2, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("nobody else came");
                }
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
            }
        }
    }

    static Stream<WrongBackend> all() {
        return Stream.of(values(), severalKeys(), scans(), times(), namespaces())
                .flatMap(some -> some);
    }

    // --- Keys, values, versions

    private static Stream<WrongBackend> values() {
        return Stream.of(
                face(
                        "an update that never deletes",
                        ORDINARY,
                        "S09",
                        "StateBackend.update",
                        call -> change(call, (old, change) -> {
                            byte[] wanted = change.apply(old);
                            return wanted == null ? old : wanted;
                        })),
                face(
                        "an update that swallows what its change throws",
                        ORDINARY,
                        "S10",
                        "StateBackend.update",
                        call -> change(call, (old, change) -> {
                            try {
                                return change.apply(old);
                            } catch (IllegalStateException swallowed) {
                                return old;
                            }
                        })),
                face(
                        "get of null is absent",
                        ORDINARY,
                        "S12",
                        "StateBackend.get",
                        call -> call.arguments().get(0) == null ? Optional.empty() : call.right()),
                face(
                        "a count that is always done at once",
                        BLATANT,
                        "S13",
                        "AsyncStateBackend.count",
                        call -> CompletableFuture.completedStage(0L)),
                client("the empty key is nobody's", ORDINARY, "K04", right -> new ForwardingStateStore(right) {
                    @Override
                    public Call<Boolean> write(Space space, Mutation mutation) {
                        boolean lost = space.kind() == Space.Kind.ROOT
                                && mutation.key().equals(Key.EMPTY);
                        return lost ? Call.done(false) : super.write(space, mutation);
                    }
                }),
                face(
                        "half a character becomes a question mark",
                        ORDINARY,
                        "K06",
                        "StateBackend.scope",
                        call -> call.with(new String(
                                call.<String>argument(0).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))),
                face("long keys are cut", ORDINARY, "K07", "StateBackend.put", call -> {
                    Key key = call.argument(0);
                    int limit = call.backend().limits().maxKeyBytes();
                    return key.length() <= limit
                            ? call.right()
                            : call.with(Key.of(Arrays.copyOf(key.toBytes(), limit)), call.argument(1));
                }),
                client(
                        "values are cut at a megabyte",
                        ORDINARY,
                        "K08",
                        right -> WrongStores.writing(
                                right,
                                one -> WrongStores.withStored(
                                        one,
                                        stored -> WrongStores.withBytes(
                                                stored,
                                                bytes -> bytes.length <= 1 << 20
                                                        ? bytes
                                                        : Arrays.copyOf(bytes, 1 << 20))))),
                face("what is too large is cut", ORDINARY, "K09,S11", "StateBackend.put", call -> {
                    byte[] value = call.argument(1);
                    int limit = call.backend().limits().maxValueBytes();
                    return value == null || value.length <= limit
                            ? call.right()
                            : call.with(call.argument(0), Arrays.copyOf(value, limit));
                }),
                client("the store hands out its own arrays", ORDINARY, "K11,K12", WrongState::sharingArrays),
                face(
                        "delete takes every key that begins so",
                        ORDINARY,
                        "K13",
                        "StateBackend.delete",
                        call -> call.face(KeyedState.class).clear(call.argument(0)) > 0),
                face("an empty value never compares", ORDINARY, "C04", "StateBackend.compareAndSet", call -> {
                    byte[] now =
                            call.face(KeyedState.class).get(call.argument(0)).orElseGet(() -> new byte[1]);
                    return now.length == 0 ? Optional.empty() : call.right();
                }),
                face(
                        "a compareAndDelete that deletes whatever is there",
                        ORDINARY,
                        "C08,C11,C14",
                        "StateBackend.compareAndDelete",
                        call -> call.face(KeyedState.class).delete(call.argument(0))),
                face("a version is a hash of the value", ORDINARY, "C09", "StateBackend.put", call -> {
                    call.right();
                    return new Version(Arrays.hashCode(call.<byte[]>argument(1)));
                }),
                face("an update is a get and a put", CONCURRENT, "C15", "StateBackend.update", call -> {
                    KeyedState state = call.face(KeyedState.class);
                    Key key = call.argument(0);
                    KeyedState.Change change = call.argument(1);
                    byte[] wanted = change.apply(state.get(key).orElse(null));
                    Version version = state.put(key, wanted);
                    return Optional.of(new Entry(key, wanted, version));
                }));
    }

    private interface Changing {
        byte[] change(byte[] old, KeyedState.Change change);
    }

    /** The right update with a change of the change. */
    private static Object change(FaceCall call, Changing changing) throws Throwable {
        KeyedState.Change change = call.argument(1);
        KeyedState.Change other = old -> changing.change(old, change);
        return call.with(call.argument(0), other);
    }

    private static StateStore sharingArrays(StateStore right) {
        Map<Version, Stored> kept = new ConcurrentHashMap<>();
        UnaryOperator<Stored> share =
                stored -> stored == null ? null : kept.computeIfAbsent(stored.version(), version -> stored);
        return new ForwardingStateStore(WrongStores.reading(right, share)) {
            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                return super.scan(space, request)
                        .map(page -> space.kind() != Space.Kind.ROOT
                                ? page
                                : new Page<>(
                                        page.items().stream()
                                                .map(item -> new KeyedValue(item.key(), share.apply(item.stored())))
                                                .toList(),
                                        page.next()));
            }
        };
    }

    // --- Several keys

    private static Stream<WrongBackend> severalKeys() {
        Meeting meeting = new Meeting();
        AtomicBoolean met = new AtomicBoolean();
        return Stream.of(
                face("putAll of the first five hundred", ORDINARY, "B02,B08", "StateBackend.putAll", call -> {
                    Map<Key, byte[]> first = new LinkedHashMap<>();
                    call.<Map<Key, byte[]>>argument(0).entrySet().stream()
                            .limit(500)
                            .forEach(entry -> first.put(entry.getKey(), entry.getValue()));
                    return call.with(first);
                }),
                face("no keys are a syntax error", ORDINARY, "B03", "StateBackend.getAll", call -> {
                    if (call.<Collection<?>>argument(0).isEmpty()) {
                        throw new BackendRejectedException("syntax error at or near \")\"");
                    }
                    return call.right();
                }),
                face(
                        "deleteAll counts a key as often as it is named",
                        ORDINARY,
                        "B04",
                        "StateBackend.deleteAll",
                        call -> {
                            Collection<Key> keys = call.argument(0);
                            return (int) call.right() + keys.size() - new HashSet<>(keys).size();
                        }),
                face(
                        "deleteAll answers how many it was asked for",
                        ORDINARY,
                        "B05,T12",
                        "StateBackend.deleteAll",
                        call -> {
                            call.right();
                            return call.<Collection<?>>argument(0).size();
                        }),
                face("putAll stores until it meets what it refuses", ORDINARY, "B07", "StateBackend.putAll", call -> {
                    call.<Map<Key, byte[]>>argument(0).forEach(call.face(KeyedState.class)::put);
                    return null;
                }),
                face("overlapping putAll deadlock", CONCURRENT, "B09", "StateBackend.putAll", call -> {
                    meeting.join();
                    if (met.compareAndSet(false, true)) {
                        throw new BackendRejectedException("deadlock detected");
                    }
                    return call.right();
                }),
                face("keys are joined by line ends", ORDINARY, "B11", "StateBackend.getAll", call -> {
                    Collection<Key> keys = call.argument(0);
                    return call.with(keys.stream()
                            .filter(key -> !RuleChapter.text(key.toBytes()).contains("\n"))
                            .toList());
                }));
    }

    // --- Scans

    private static Stream<WrongBackend> scans() {
        AtomicInteger cursors = new AtomicInteger();
        return Stream.of(
                client(
                        "a scan makes versions of its own",
                        ORDINARY,
                        "Q03,C10",
                        right -> WrongStores.scanning(
                                right,
                                request -> request,
                                page -> new Page<>(
                                        page.items().stream()
                                                .map(item -> new KeyedValue(item.key(), unversioned(item.stored())))
                                                .toList(),
                                        page.next()))),
                client("an index that keeps what was deleted", ORDINARY, "Q06", WrongState::indexingForEver),
                client(
                        "a page without a match ends the scan",
                        ORDINARY,
                        "Q07",
                        right -> new ForwardingStateStore(right) {
                            @Override
                            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                                ScanRequest all =
                                        new ScanRequest(Key.EMPTY, request.from(), request.limit(), request.reverse());
                                return super.scan(space, all).map(page -> matching(page, request.prefix()));
                            }
                        }),
                client(
                        "a cursor is kept for each scan until its last page",
                        ORDINARY,
                        "Q10",
                        right -> WrongStores.scanning(
                                right,
                                request -> {
                                    if (request.from() == null && cursors.incrementAndGet() > 200) {
                                        throw new BackendUnavailableException("no cursor left");
                                    }
                                    return request;
                                },
                                page -> {
                                    if (page.next() == null) {
                                        cursors.decrementAndGet();
                                    }
                                    return page;
                                })),
                face("clear counts what it saw, not what it took", ORDINARY, "Q11", "StateBackend.clear", call -> {
                    long seen = call.backend().state().count(Key.EMPTY);
                    call.right();
                    return seen;
                }),
                client(
                        "the framework's records are kept among the entries",
                        BLATANT,
                        "Q12",
                        right -> inOtherSpaces(
                                right,
                                space -> space.kind() == Space.Kind.INTERNAL ? Space.root(space.namespace()) : space)),
                client("a scan begins anew when somebody has written", CONCURRENT, "Q13", WrongState::restarting),
                store(
                        "bytes are ordered with their sign",
                        ORDINARY,
                        "Q14,Q15",
                        time -> new FullMapStore(
                                time, FullMapStore.Mistake.NONE, Comparator.comparing(Key::toBytes, Arrays::compare))),
                store("there is no way back", ORDINARY, "Q15,E19", time -> new FullMapStore(time) {
                    @Override
                    Page<KeyedValue> page(Space space, ScanRequest request) {
                        return super.page(
                                space, new ScanRequest(request.prefix(), request.from(), request.limit(), false));
                    }
                }),
                store(
                        "a scan goes on only behind a key that is there",
                        ORDINARY,
                        "Q16",
                        time -> new FullMapStore(time) {
                            @Override
                            Page<KeyedValue> page(Space space, ScanRequest request) {
                                boolean lost = request.from() != null && live(space, request.from()) == null;
                                return lost ? new Page<>(List.of(), null) : super.page(space, request);
                            }
                        }),
                bareFace("what cannot go backwards goes forwards", ORDINARY, "Q17", "StateBackend.scan", call -> {
                    ScanRequest request = call.argument(0) instanceof ScanRequest given ? given : null;
                    return request == null
                            ? call.right()
                            : call.with(new ScanRequest(request.prefix(), request.from(), request.limit(), false));
                }));
    }

    private static Stored unversioned(Stored stored) {
        return new Stored(stored.bytes(), stored.encoding(), Version.fresh());
    }

    private static Page<KeyedValue> matching(Page<KeyedValue> page, Key prefix) {
        List<KeyedValue> matches = page.items().stream()
                .filter(item -> item.key().startsWith(prefix))
                .toList();
        return new Page<>(matches, matches.isEmpty() ? null : page.next());
    }

    private static StateStore indexingForEver(StateStore right) {
        Map<Key, KeyedValue> deleted = new ConcurrentHashMap<>();
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                if (space.kind() != Space.Kind.ROOT || mutation.kind() != Mutation.Kind.DELETE) {
                    return super.write(space, mutation);
                }
                return super.read(space, mutation.key()).then(old -> {
                    if (old != null) {
                        deleted.put(mutation.key(), new KeyedValue(mutation.key(), old));
                    }
                    return super.write(space, mutation);
                });
            }

            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                return super.scan(space, request).map(page -> {
                    if (space.kind() != Space.Kind.ROOT || page.next() != null) {
                        return page;
                    }
                    List<KeyedValue> items = new ArrayList<>(page.items());
                    deleted.values().stream()
                            .filter(ghost -> ghost.key().startsWith(request.prefix()))
                            .forEach(items::add);
                    return new Page<>(items, null);
                });
            }
        };
    }

    private static StateStore restarting(StateStore right) {
        AtomicBoolean written = new AtomicBoolean();
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                written.set(true);
                return super.write(space, mutation);
            }

            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                boolean again = request.from() != null && written.getAndSet(false);
                return super.scan(space, again ? request.from(Key.EMPTY) : request);
            }
        };
    }

    /** A store that takes one space for another. */
    private static StateStore inOtherSpaces(StateStore right, UnaryOperator<Space> other) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Stored> read(Space space, Key key) {
                return super.read(other.apply(space), key);
            }

            @Override
            public Call<List<Stored>> readAll(Space space, List<Key> keys) {
                return super.readAll(other.apply(space), keys);
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return super.write(other.apply(space), mutation);
            }

            @Override
            public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
                return super.writeAll(other.apply(space), mutations);
            }

            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                return super.scan(other.apply(space), request);
            }
        };
    }

    // --- Times

    private static Stream<WrongBackend> times() {
        return Stream.of(
                face("no time at all is for ever", ORDINARY, "T07", "StateBackend.put", call -> {
                    Duration ttl = call.arguments().size() < 3 ? null : call.argument(2);
                    return ttl != null && ttl.isZero()
                            ? call.face(KeyedState.class).put(call.argument(0), call.argument(1))
                            : call.right();
                }),
                face("expire makes an entry", ORDINARY, "T09", "StateBackend.expire", call -> {
                    KeyedState state = call.face(KeyedState.class);
                    return (boolean) call.right() || state.put(call.argument(0), new byte[0], call.argument(1)) != null;
                }),
                store("a sweeper does not look again", TIMING, "T13", SweepingBlindly::new),
                bareFace(
                        "a time that cannot be kept is dropped", ORDINARY, "T20", "StateBackend.put", call -> call.face(
                                        KeyedState.class)
                                .put(call.argument(0), call.argument(1))));
    }

    /** Notes when an entry will have to be swept away, and does it then, whatever is there by then. */
    private static final class SweepingBlindly extends FullMapStore {
        private record Due(Space space, Key key, long when) {}

        private final List<Due> due = new ArrayList<>();

        SweepingBlindly(ManualTime time) {
            super(time);
        }

        @Override
        boolean change(Space space, Mutation mutation) {
            sweep();
            if (mutation.kind() == Mutation.Kind.PUT && mutation.ttlMillis() > 0) {
                due.add(new Due(space, mutation.key(), time.nanos() + mutation.ttlMillis() * 1_000_000));
            }
            return super.change(space, mutation);
        }

        private void sweep() {
            due.removeIf(one -> {
                boolean over = time.nanos() >= one.when;
                if (over) {
                    entries(one.space).remove(one.key);
                }
                return over;
            });
        }
    }

    // --- Namespaces

    private static Stream<WrongBackend> namespaces() {
        Meeting meeting = new Meeting();
        Map<String, AtomicInteger> opened = new HashMap<>();
        return Stream.of(
                face("an entry and a lock of one name are one thing", ORDINARY, "N04", "StateBackend.delete", call -> {
                    String name = RuleChapter.text(call.<Key>argument(0).toBytes());
                    ForceReply reply = call.backend().locks().forceRelease(name);
                    return (boolean) call.right() || reply == ForceReply.DONE;
                }),
                store("scopes of all namespaces are in one place", ORDINARY, "N06", time -> new FullMapStore(time) {
                    @Override
                    public Call<CommitResult> apply(Space scope, Commit commit) {
                        return super.apply(one(scope), commit);
                    }

                    @Override
                    public Call<Stored> read(Space space, Key key) {
                        return super.read(one(space), key);
                    }

                    @Override
                    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
                        return super.scopes("one", request);
                    }
                }),
                new WrongBackend("a namespace is made by whoever comes first, twice", CONCURRENT, "N07", () -> {
                    FullMapStore state = new FullMapStore(new ManualTime());
                    return TckSubject.of("a wrong backend", namespace -> {
                        if (namespace.endsWith(".0")) {
                            int before;
                            synchronized (opened) {
                                before = opened.computeIfAbsent(namespace, any -> new AtomicInteger())
                                        .getAndIncrement();
                            }
                            if (before < 2) {
                                meeting.join();
                            }
                            if (before == 1) {
                                throw new BackendRejectedException("relation \"entries\" already exists");
                            }
                        }
                        return Backends.over("rig", Stores.of(state))
                                .namespace(namespace)
                                .open();
                    });
                }));
    }

    private static Space one(Space space) {
        return space.kind() == Space.Kind.SCOPE
                ? Space.scope("one", RuleChapter.text(space.name().toBytes()))
                : space;
    }
}
