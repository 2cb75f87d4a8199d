package dev.holdfast.tck;

import static dev.holdfast.tck.WrongStores.checkThenWrite;
import static dev.holdfast.tck.WrongStores.keys;
import static dev.holdfast.tck.WrongStores.reading;
import static dev.holdfast.tck.WrongStores.scanning;
import static dev.holdfast.tck.WrongStores.withBytes;
import static dev.holdfast.tck.WrongStores.withStored;
import static dev.holdfast.tck.WrongStores.writing;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import dev.holdfast.tck.WrongBackend.Depth;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;

/** Each wrong backend must break its rule, and be told so in words that help; the right one breaks none. */
class WrongBackendsTest {

    /** Makes, for one store by one clock, what opens its clients. */
    private interface Making {
        Supplier<Stores> by(ManualTime time);
    }

    /** A wrong client of a map. */
    private static WrongBackend wrong(String how, String rules, UnaryOperator<StateStore> wrong) {
        return wrong(how, Depth.ORDINARY, rules, wrong);
    }

    private static WrongBackend wrong(String how, Depth depth, String rules, UnaryOperator<StateStore> wrong) {
        return new WrongBackend(how, depth, rules, () -> {
            StateStore right = new StrangerBackend.MapStore();
            return subject(time -> () -> Stores.of(wrong.apply(right)));
        });
    }

    /** A store that is wrong about times to live. */
    private static WrongBackend wrong(FullMapStore.Mistake mistake, String rules) {
        return new WrongBackend(
                RuleNames.words(mistake),
                Depth.TIMING,
                rules,
                () -> subject(time -> {
                    StateStore store = new FullMapStore(time, mistake);
                    return () -> Stores.of(store);
                }));
    }

    /** Wrong events over a map. */
    private static WrongBackend wrongEvents(String how, String rules, UnaryOperator<EventStore> wrong) {
        return new WrongBackend(
                how,
                Depth.ORDINARY,
                rules,
                () -> subject(time -> {
                    StateStore store = new StrangerBackend.MapStore();
                    return () -> new Stores(store, null, wrong.apply(EventStore.over(store, time)));
                }));
    }

    static Stream<WrongBackend> wrongBackends() {
        return Stream.of(
                wrong(
                        "absent read as empty",
                        Depth.BLATANT,
                        "S01",
                        store -> reading(
                                store, stored -> stored == null ? Stored.plain(new byte[0], Version.fresh()) : stored)),
                wrong("a client that writes nothing", Depth.BLATANT, "S02", store -> new ForwardingStateStore(store) {
                    @Override
                    public Call<Boolean> write(Space space, Mutation mutation) {
                        return Call.done(true);
                    }
                }),
                wrong("a cache nobody invalidates", "S02", WrongStores::caching),
                wrong("a shorter value keeps the longer one's tail", "S03", WrongBackendsTest::overwritingInPlace),
                wrong("delete says true always", "S04,S05", store -> new ForwardingStateStore(store) {
                    @Override
                    public Call<Boolean> write(Space space, Mutation mutation) {
                        return super.write(space, mutation)
                                .map(done -> done
                                        || (mutation.kind() == Mutation.Kind.DELETE
                                                && mutation.condition() == Condition.ANY));
                    }
                }),
                wrong(
                        "an empty value is absent",
                        "S06,K01",
                        store ->
                                reading(store, stored -> stored == null || stored.bytes().length == 0 ? null : stored)),
                wrong(
                        "putIfAbsent overwrites",
                        "S07,C16",
                        store -> writing(
                                store,
                                one -> one.condition() == Condition.ABSENT ? WrongStores.unconditional(one) : one)),
                wrong(
                        "versions made by nobody",
                        "S08,C10",
                        store -> reading(
                                store,
                                stored -> stored == null
                                        ? null
                                        : new Stored(stored.bytes(), stored.encoding(), Version.fresh()))),
                wrong(
                        "values taken for text",
                        "K02",
                        store -> writing(
                                store, one -> withStored(one, stored -> withBytes(stored, WrongStores::asText)))),
                wrong(
                        "values without their last zero bytes",
                        "K02",
                        store -> reading(store, stored -> withBytes(stored, WrongBackendsTest::withoutZeros))),
                wrong("keys without case", "K03", store -> keys(store, WrongStores::upperCase)),
                wrong("keys without trailing spaces", "K03", store -> keys(store, WrongStores::trimmed)),
                wrong("keys that end at a zero byte", "K03", store -> keys(store, WrongStores::endedByZero)),
                wrong("keys taken for text", "K05", store -> keys(store, WrongStores::asText)),
                wrong("the array put is kept", "K10", WrongBackendsTest::keepingArrays),
                wrong(
                        "the version is not compared",
                        "C02,C11",
                        store -> writing(
                                store,
                                one -> one.condition().version() != null && one.kind() == Mutation.Kind.PUT
                                        ? Mutation.put(one.key(), Condition.PRESENT, one.stored(), one.ttlMillis())
                                        : one)),
                wrong(
                        "a compareAndSet that creates",
                        "C03",
                        store -> writing(
                                store,
                                one -> one.condition().version() != null ? WrongStores.unconditional(one) : one)),
                wrong("compare, then set", Depth.CONCURRENT, "C05,C06,C13,C14", WrongStores::checkThenWrite),
                wrong(
                        "one version for all",
                        "C01,S08",
                        store -> writing(
                                store,
                                one -> withStored(
                                        one,
                                        stored -> new Stored(
                                                stored.bytes(), stored.encoding(), WrongStores.fixedVersion())))),
                wrong("an equal value is no write", "B06,C07", WrongBackendsTest::skippingEqualValues),
                wrong("getAll of the first hundred", "B01,B08", store -> new ForwardingStateStore(store) {
                    @Override
                    public Call<List<Stored>> readAll(Space space, List<Key> keys) {
                        return super.readAll(space, keys).map(found -> {
                            Stored[] all = found.toArray(Stored[]::new);
                            Arrays.fill(all, Math.min(100, all.length), all.length, null);
                            return Arrays.asList(all);
                        });
                    }
                }),
                wrong("getAll moves up where a key is absent", "B01", store -> new ForwardingStateStore(store) {
                    @Override
                    public Call<List<Stored>> readAll(Space space, List<Key> keys) {
                        return super.readAll(space, keys).map(found -> {
                            Stored[] all = found.stream()
                                    .filter(stored -> stored != null)
                                    .toArray(Stored[]::new);
                            return Arrays.asList(Arrays.copyOf(all, keys.size()));
                        });
                    }
                }),
                wrong(
                        "a scan of one page",
                        "Q01,Q04",
                        store -> scanning(store, request -> request, WrongStores::first)),
                wrong(
                        "a scan that repeats itself",
                        "Q05",
                        store -> scanning(store, request -> request, WrongStores::doubled)),
                wrong(
                        "a scan whose prefix is ignored",
                        "Q01,Q02,Q08",
                        store -> scanning(
                                store,
                                request -> new ScanRequest(Key.EMPTY, request.from(), request.limit(), false),
                                page -> page)),
                wrong(
                        "a page as long as it likes",
                        "Q09",
                        store -> scanning(
                                store,
                                request ->
                                        new ScanRequest(request.prefix(), request.from(), request.limit() + 1, false),
                                page -> page)),
                wrong("a scan by offset", "Q04", WrongBackendsTest::byOffset),
                wrong("namespaces glued to keys", "N02", WrongStores::glued),
                wrong("one namespace for all", Depth.BLATANT, "N01,N03", WrongBackendsTest::oneNamespace),
                wrong(
                        "scopes written with compare, then set",
                        Depth.CONCURRENT,
                        "E09,G07",
                        store -> checkThenWrite(store)),
                wrong("scopes that forget what they held", "E01,F24", WrongBackendsTest::forgetfulScopes),
                wrong("health writes", "D07", WrongBackendsTest::healthThatWrites),
                wrong("a client that leaves a thread", "Z02,Z03,Z08", WrongBackendsTest::leavingThreads),
                wrong(FullMapStore.Mistake.NEVER_ENDS, "T01,T02,T08,T12"),
                wrong(FullMapStore.Mistake.ENDS_EARLY, "T01,T06,T14"),
                wrong(FullMapStore.Mistake.SCAN_SHOWS_GHOSTS, "T02,T11,T12"),
                wrong(FullMapStore.Mistake.PUT_KEEPS_THE_END, "B10,T03,T05"),
                wrong(FullMapStore.Mistake.SHORTER_TIME_WINS, "T04,T15"),
                wrong(FullMapStore.Mistake.EXPIRE_CREATES, "T02"),
                wrong(FullMapStore.Mistake.PERSIST_DOES_NOTHING, "T10"),
                wrong(FullMapStore.Mistake.LOSING_REFRESHES, "C12"),
                wrongEvents("events that go nowhere", "Y01,Y03", store -> new ForwardingEventStore(store) {
                    @Override
                    public Call<Void> publish(String namespace, String channel, byte[] payload) {
                        return Call.done(null);
                    }
                }),
                wrongEvents("events twice", "Y01,Y02", store -> new ForwardingEventStore(store) {
                    @Override
                    public Call<Void> publish(String namespace, String channel, byte[] payload) {
                        return super.publish(namespace, channel, payload)
                                .then(once -> super.publish(namespace, channel, payload));
                    }
                }),
                wrongEvents("events of every namespace", "Y09", store -> new ForwardingEventStore(store) {
                    @Override
                    public Call<Void> publish(String namespace, String channel, byte[] payload) {
                        return super.publish("all", channel, payload);
                    }

                    @Override
                    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
                        return super.subscribe("all", topic, sink);
                    }
                }),
                wrongEvents("every topic is a prefix", "Y04", store -> new ForwardingEventStore(store) {
                    @Override
                    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
                        return super.subscribe(namespace, Topic.prefix(topic.name()), sink);
                    }
                }),
                wrongEvents("payloads taken for text", "Y06", store -> new ForwardingEventStore(store) {
                    @Override
                    public Call<Void> publish(String namespace, String channel, byte[] payload) {
                        return super.publish(namespace, channel, WrongStores.asText(payload));
                    }
                }),
                wrong("reads from before", Depth.HISTORY, "G01", WrongBackendsTest::staleReads),
                wrong(
                        "a compareAndSet that says no and does it",
                        Depth.HISTORY,
                        "G02,G03",
                        store -> new ForwardingStateStore(store) {
                            private int count;

                            @Override
                            public Call<Boolean> write(Space space, Mutation mutation) {
                                boolean lie = space.kind() == Space.Kind.ROOT
                                        && mutation.condition().version() != null
                                        && count++ % 5 == 0;
                                return super.write(space, mutation).map(done -> done && !lie);
                            }
                        }));
    }

    @ParameterizedTest
    @MethodSource("wrongBackends")
    void everyWrongBackend_isFoundOut(WrongBackend wrong) {
        wrong.assertIsFoundOut();
    }

    /** The rules that the wrong ones break, on what is right of them. */
    @Test
    void theRightBackend_breaksNone() {
        String rules = String.join(",", wrongBackends().map(WrongBackend::rules).toList());
        assertHold(rules, wrong("nothing", "", store -> store).subject().get());
    }

    static Events assertHold(String rules, TckSubject right) {
        Graded.current = right;
        Events tests = run(rules, "PT10S", "PT1S");
        assertEquals(
                List.of(),
                tests.failed().stream().map(WrongBackendsTest::messageOf).toList());
        return tests;
    }

    @Test
    void aWaivedRule_isAbortedWithItsReason() {
        Graded.current =
                wrongBackends().findFirst().orElseThrow().subject().get().waive("S01", "known since May", "9999-12-31");
        Events tests = run("S01");
        assertEquals(1, tests.aborted().count(), "aborted");
        Graded.current = Graded.current.waive("S01", "known since May", "2020-01-01");
        assertEquals(1, run("S01").failed().count(), "a waiver that is over");
    }

    /** As a chapter's letter, which would select nothing and be green. */
    @ParameterizedTest
    @ValueSource(strings = {"Y", "S01,Y", "s01", "S01,", ""})
    void aRuleThatIsNone_isAnErrorWithTheRemedy(String rules) {
        Graded.current = wrong("nothing", "", store -> store).subject().get();
        Event refused = execute(rules, "PT0.5S", "PT0.5S").containerEvents().failed().stream()
                .findFirst()
                .orElseThrow();
        String none = rules.replaceFirst("^S01,", "");
        assertTrue(messageOf(refused).contains("tck.rule names \"" + none + "\""), () -> messageOf(refused));
        assertTrue(messageOf(refused).contains("name some as in C05"), () -> messageOf(refused));
    }

    /** Without patience: for rules that fail. */
    static Events run(String rules) {
        return run(rules, "PT0.5S", "PT0.5S");
    }

    private static Events run(String rules, String patience, String lease) {
        return execute(rules, patience, lease).testEvents();
    }

    private static EngineExecutionResults execute(String rules, String patience, String lease) {
        return EngineTestKit.engine("junit-jupiter")
                .configurationParameter("tck.rule", rules)
                .configurationParameter("tck.patience", patience)
                .configurationParameter("tck.lease", lease)
                .selectors(selectClass(Graded.class))
                .execute();
    }

    static String ruleOf(Event event) {
        return event.getTestDescriptor().getDisplayName().substring(0, 3);
    }

    static String messageOf(Event event) {
        return event.getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .map(Throwable::getMessage)
                .orElse("");
    }

    private static TckSubject subject(Making making) {
        ManualTime time = new ManualTime();
        Supplier<Stores> client = making.by(time);
        return TckSubject.of("a wrong backend", namespace -> Backends.over("map", client.get())
                        .namespace(namespace)
                        .time(time)
                        .open())
                .withTime(time);
    }

    /** Named so that no build takes it for a test of its own. */
    static class Graded extends BackendTck {
        static TckSubject current;

        @Override
        protected TckSubject subject() {
            return current;
        }
    }

    private static StateStore overwritingInPlace(StateStore right) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                if (space.kind() != Space.Kind.ROOT || mutation.kind() != Mutation.Kind.PUT) {
                    return super.write(space, mutation);
                }
                return super.read(space, mutation.key()).then(old -> {
                    byte[] bytes = mutation.stored().bytes();
                    if (old != null && old.bytes().length > bytes.length) {
                        byte[] longer = old.bytes();
                        System.arraycopy(bytes, 0, longer, 0, bytes.length);
                        bytes = longer;
                    }
                    return super.write(space, mutation.with(mutation.stored().with(bytes, 0)));
                });
            }
        };
    }

    private static StateStore skippingEqualValues(StateStore right) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return super.read(space, mutation.key()).then(old -> {
                    boolean equal = old != null
                            && space.kind() == Space.Kind.ROOT
                            && mutation.kind() == Mutation.Kind.PUT
                            && Arrays.equals(old.bytes(), mutation.stored().bytes());
                    return equal ? Call.done(mutation.condition().holds(old.version())) : super.write(space, mutation);
                });
            }

            @Override
            public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
                return Call.outcomes(
                        mutations.stream().map(one -> write(space, one)).toList());
            }
        };
    }

    private static byte[] withoutZeros(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return Arrays.copyOf(bytes, end);
    }

    private static StateStore keepingArrays(StateStore right) {
        Map<Key, byte[]> kept = ARRAYS;
        kept.clear();
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                if (mutation.kind() == Mutation.Kind.PUT) {
                    kept.put(space.encode(mutation.key()), mutation.stored().bytes());
                }
                return super.write(space, mutation);
            }

            @Override
            public Call<Stored> read(Space space, Key key) {
                return super.read(space, key)
                        .map(stored -> space.kind() != Space.Kind.ROOT
                                ? stored
                                : withBytes(stored, bytes -> kept.getOrDefault(space.encode(key), bytes)));
            }
        };
    }

    private static final Map<Key, byte[]> ARRAYS = new ConcurrentHashMap<>();

    private static StateStore byOffset(StateStore right) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                if (space.kind() != Space.Kind.ROOT) {
                    return super.scan(space, request);
                }
                int offset = request.from() == null
                        ? 0
                        : Integer.parseInt(RuleChapter.text(request.from().toBytes()));
                return super.scan(space, new ScanRequest(request.prefix(), null, 100_000, false))
                        .map(all -> {
                            int end = Math.min(all.items().size(), offset + request.limit());
                            List<KeyedValue> items = all.items().subList(Math.min(offset, end), end);
                            return new Page<>(items, end == all.items().size() ? null : Key.of(Integer.toString(end)));
                        });
            }
        };
    }

    private static StateStore oneNamespace(StateStore right) {
        Space one = Space.root("one for all");
        return new ForwardingStateStore(right) {
            private Space of(Space space) {
                return space.kind() == Space.Kind.ROOT ? one : space;
            }

            @Override
            public Call<Stored> read(Space space, Key key) {
                return super.read(of(space), key);
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return super.write(of(space), mutation);
            }

            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                return super.scan(of(space), request);
            }

            @Override
            public Call<Long> count(Space space, Key prefix) {
                return super.count(of(space), prefix);
            }
        };
    }

    private static StateStore forgetfulScopes(StateStore right) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                boolean internal = space.kind() == Space.Kind.INTERNAL && mutation.kind() == Mutation.Kind.PUT;
                return internal ? Call.done(true) : super.write(space, mutation);
            }
        };
    }

    private static StateStore healthThatWrites(StateStore right) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Health> health() {
                return Call.of(() -> {
                    RIGHT_SPACES.forEach(space -> right.write(
                                    space,
                                    Mutation.put(
                                            Key.of("ping"),
                                            Condition.ANY,
                                            Stored.plain(new byte[1], Version.fresh()),
                                            0))
                            .await());
                    return Health.UP;
                });
            }

            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                return super.scan(space, request);
            }

            @Override
            public Call<Stored> read(Space space, Key key) {
                // Calibration and rules read before they ask for health: so the store knows the namespaces in use.
                RIGHT_SPACES.add(space);
                return super.read(space, key);
            }

            @Override
            public Call<Long> count(Space space, Key prefix) {
                RIGHT_SPACES.add(space);
                health().await();
                return super.count(space, prefix);
            }
        };
    }

    private static final Set<Space> RIGHT_SPACES = ConcurrentHashMap.newKeySet();

    private static StateStore leavingThreads(StateStore right) {
        Thread thread = new Thread(() -> {
            try {
                Thread.sleep(20_000);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        });
        thread.setDaemon(true);
        thread.start();
        return right;
    }

    static StateStore staleReads(StateStore right) {
        Map<Key, Stored> before = new ConcurrentHashMap<>();
        return new ForwardingStateStore(right) {
            @Override
            public Call<Stored> read(Space space, Key key) {
                return super.read(space, key).map(stored -> {
                    if (space.kind() != Space.Kind.ROOT || stored == null) {
                        return stored;
                    }
                    Stored old = before.put(space.encode(key), stored.copy());
                    return old == null ? stored : old;
                });
            }
        };
    }
}
