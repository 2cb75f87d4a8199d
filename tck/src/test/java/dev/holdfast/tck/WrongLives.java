package dev.holdfast.tck;

import static dev.holdfast.tck.WrongBackend.Depth.BLATANT;
import static dev.holdfast.tck.WrongBackend.Depth.CONCURRENT;
import static dev.holdfast.tck.WrongBackend.Depth.ORDINARY;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.event.EventListener;
import dev.holdfast.event.Events;
import dev.holdfast.event.Overflow;
import dev.holdfast.event.Subscription;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Time;
import dev.holdfast.tck.WrongBackend.Depth;
import dev.holdfast.tck.WrongFaces.Wrong;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/** Backends wrong about events, opening, closing and what they say of themselves. */
final class WrongLives {
    private WrongLives() {}

    private static WrongBackend face(String how, Depth depth, String rules, String methods, Wrong wrong) {
        return new WrongBackend(
                how,
                depth,
                rules,
                () -> Rig.full(right -> WrongFaces.of(right, Set.of(methods.split(" ", -1)), wrong)));
    }

    static Stream<WrongBackend> all() {
        return Stream.of(events(), lives(), providers()).flatMap(some -> some);
    }

    // --- Events

    private static Stream<WrongBackend> events() {
        return Stream.of(
                face("a closed subscription goes on", ORDINARY, "Y05", "Subscription.close", call -> null),
                face("a listener that throws is dropped", ORDINARY, "Y07", "Events.subscribe", call -> {
                    AtomicReference<Subscription> mine = new AtomicReference<>();
                    EventListener listener = (EventListener)
                            call.arguments().get(call.arguments().size() - 1);
                    List<Object> others = new ArrayList<>(call.arguments());
                    others.set(others.size() - 1, (EventListener) (channel, payload) -> {
                        try {
                            listener.onEvent(channel, payload);
                        } catch (RuntimeException thrown) {
                            mine.get().close();
                        }
                    });
                    mine.set((Subscription) call.with(others.toArray()));
                    return mine.get();
                }),
                new WrongBackend(
                        "a buffer as large as it takes",
                        CONCURRENT,
                        "Y08",
                        () -> Rig.running(
                                Time.system(),
                                right -> WrongFaces.of(
                                        right,
                                        Set.of("Events.subscribe"),
                                        call -> call.arguments().size() < 4
                                                ? call.right()
                                                : call.with(
                                                        call.argument(0),
                                                        Events.DEFAULT_BUFFER,
                                                        Overflow.DROP_OLDEST,
                                                        call.argument(3))))),
                face(
                        "nothing is published for nobody",
                        ORDINARY,
                        "Y10",
                        "Events.publish",
                        call -> call.arguments().get(0) == null ? null : call.right()),
                face(
                        "published without blocking, and without publishing",
                        BLATANT,
                        "Y11",
                        "Events.publishAsync",
                        call -> CompletableFuture.completedStage(null)));
    }

    // --- Opening and closing

    private static Stream<WrongBackend> lives() {
        AtomicInteger clients = new AtomicInteger();
        List<Backend> open = Collections.synchronizedList(new ArrayList<>());
        return Stream.of(
                face(
                        "close closes nothing of a backend",
                        BLATANT,
                        "X13,Z01,Z04,Z09,Z10",
                        "Backend.close",
                        call -> null),
                new WrongBackend(
                        "one close for all",
                        ORDINARY,
                        "Z07",
                        () -> Rig.full(right -> {
                            open.add(right);
                            return WrongFaces.of(right, Set.of("Backend.close"), call -> {
                                open.forEach(Backend::close);
                                return null;
                            });
                        })),
                face("each client says something else", ORDINARY, "D06", "Backend.capabilities", call -> {
                    return clients.incrementAndGet() % 2 == 0 ? Set.of(Capability.TTL) : call.right();
                }));
    }

    // --- Providers, found in place of the right ones

    /** A provider of the scheme {@code wrong}; each is wrong in one way. */
    abstract static class Provider implements BackendProvider {
        private static final StrangerBackend.MapStore STORE = new StrangerBackend.MapStore();

        @Override
        public Set<String> schemes() {
            return Set.of("wrong");
        }

        @Override
        public Stores open(BackendUri uri, Settings settings, Time time) {
            return Stores.of(STORE);
        }
    }

    /** Opens whatever nobody else does. */
    public static final class Greedy extends Provider {
        @Override
        public Set<String> schemes() {
            return Set.of("wrong", "nosuchwrong");
        }

        @Override
        public Stores open(BackendUri uri, Settings settings, Time time) {
            if (uri.password() != null) {
                throw new ConfigException("cannot connect with the password " + uri.password());
            }
            return super.open(uri, settings, time);
        }
    }

    /** Takes a misspelt option for one of its own. */
    public static final class Lenient extends Provider {
        @Override
        public List<Option<?>> options() {
            return List.of(Option.text("leese", "once called so", ""));
        }
    }

    /** Begins to work before it is asked to. */
    public static final class Hasty extends Provider {
        @Override
        public List<Option<?>> options() {
            Thread thread = new Thread(
                    () -> {
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException ended) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "hasty");
            thread.setDaemon(true);
            thread.start();
            return List.of();
        }
    }

    private static Stream<WrongBackend> providers() {
        return Stream.of(
                provider("a provider that opens what nobody knows", ORDINARY, "D01,D05", Greedy.class),
                provider("a provider that knows misspelt options", ORDINARY, "D02", Lenient.class),
                provider("a provider that begins a thread when it is found", ORDINARY, "Z06", Hasty.class));
    }

    private static WrongBackend provider(String how, Depth depth, String rules, Class<? extends Provider> provider) {
        return new WrongBackend(how, depth, rules, () -> {
            Thread.currentThread().setContextClassLoader(new Finding(provider));
            return TckSubject.open("wrong:x");
        });
    }

    /** A class loader in which one more provider is found. */
    private static final class Finding extends ClassLoader {
        private static final String SERVICE = "META-INF/services/" + BackendProvider.class.getName();
        private final Class<?> provider;

        Finding(Class<?> provider) {
            super(WrongLives.class.getClassLoader());
            this.provider = provider;
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            List<URL> found = new ArrayList<>(Collections.list(super.getResources(name)));
            if (name.equals(SERVICE)) {
                found.add(url());
            }
            return Collections.enumeration(found);
        }

        private URL url() throws IOException {
            return new URL(null, "wrong:provider", new URLStreamHandler() {
                @Override
                protected URLConnection openConnection(URL url) {
                    return new URLConnection(url) {
                        @Override
                        public void connect() {}

                        @Override
                        public InputStream getInputStream() {
                            return new ByteArrayInputStream(RuleChapter.bytes(provider.getName()));
                        }
                    };
                }
            });
        }
    }
}
