package dev.holdfast.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Time;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.StateStore;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the builder does with URLs, options and layers, with a provider and two layers found on a class path of the test's own. */
class BackendsTest {
    private static final Option<Integer> SHARDS = Option.integer("shards", 4, 1, 64, "How many maps.");
    private static final Option<String> PASSWORD = Option.secret("password", "Opens the map.");
    private static final Option<Boolean> INNER = Option.flag("inner", false, "Whether the inner layer is there.");
    private static final Option<Boolean> OUTER = Option.flag("outer", false, "Whether the outer layer is there.");

    // What the provider was last given.
    private static Settings opened = Settings.defaults(List.of());
    private static List<String> log = new ArrayList<>();
    private static boolean openFails;

    @TempDir
    Path folder;

    private ClassLoader before = Thread.currentThread().getContextClassLoader();

    /** Opens maps under the scheme map. */
    public static final class Provider implements BackendProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("map");
        }

        @Override
        public List<Option<?>> options() {
            return List.of(SHARDS, PASSWORD);
        }

        @Override
        public Stores open(BackendUri uri, Settings settings, Time time) {
            log.add("open");
            if (openFails) {
                throw new ConfigException("no such map");
            }
            opened = settings;
            return Stores.of(new ForwardingStateStore(new MapState()) {
                @Override
                public void close() {
                    log.add("close");
                }
            });
        }
    }

    /** Names itself at every port. */
    private record Named(String name, boolean fails) implements Layer {
        @Override
        public StateStore wrap(StateStore store) {
            log.add(name + " around state");
            return new ForwardingStateStore(store) {};
        }

        @Override
        public LockStore wrap(LockStore store) {
            if (fails) {
                throw new IllegalStateException(name + " fails");
            }
            return new ForwardingLockStore(store) {};
        }

        @Override
        public EventStore wrap(EventStore store) {
            return new ForwardingEventStore(store) {};
        }
    }

    /** The outer of two layers; listed first, so that only the order can put it outside. */
    public static final class Outer implements LayerProvider {
        @Override
        public String name() {
            return "outer";
        }

        @Override
        public int order() {
            return 200;
        }

        @Override
        public List<Option<?>> options() {
            return List.of(OUTER);
        }

        @Override
        public Optional<Layer> create(Settings settings, Time time) {
            return settings.get(OUTER) ? Optional.of(new Named("outer", false)) : Optional.empty();
        }
    }

    /** The inner of two layers. */
    public static final class Inner implements LayerProvider {
        @Override
        public String name() {
            return "inner";
        }

        @Override
        public int order() {
            return 100;
        }

        @Override
        public List<Option<?>> options() {
            return List.of(INNER);
        }

        @Override
        public Optional<Layer> create(Settings settings, Time time) {
            return settings.get(INNER) ? Optional.of(new Named("inner", false)) : Optional.empty();
        }
    }

    @BeforeEach
    void listProviders() throws IOException {
        log = new ArrayList<>();
        openFails = false;
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(BackendProvider.class.getName()), Provider.class.getName());
        Files.writeString(
                services.resolve(LayerProvider.class.getName()), Outer.class.getName() + "\n" + Inner.class.getName());
        Thread.currentThread()
                .setContextClassLoader(
                        new URLClassLoader(new URL[] {folder.toUri().toURL()}, before));
    }

    @AfterEach
    void restore() throws IOException {
        URLClassLoader mine = (URLClassLoader) Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(before);
        mine.close();
    }

    private static String refusal(Backends.Builder builder) {
        String message = assertThrows(
                        ConfigException.class, () -> builder.open().close())
                .getMessage();
        assertEquals(List.of(), log, "nothing was opened");
        return message;
    }

    @Test
    void options_countByPrecedence() throws IOException {
        Path file = Files.writeString(folder.resolve("app.properties"), "holdfast.shards=2\nunrelated=1\n");
        Map<String, String> environment = Map.of("HOLDFAST_SHARDS", "3", "PATH", "/bin");
        assertEquals(4, shards(Backends.at("map:")));
        assertEquals(2, shards(Backends.at("map:").properties(file)));
        assertEquals(3, shards(Backends.at("map:").environment(environment).properties(file)));
        assertEquals(
                5, shards(Backends.at("map:?shards=5").environment(environment).properties(file)));
        assertEquals(6, shards(Backends.at("map:?shards=5").set("shards", "6").environment(environment)));
        assertEquals(7, shards(Backends.at("map:?shards=5").set(SHARDS, 7).properties(file)));
    }

    private static int shards(Backends.Builder builder) {
        builder.open().close();
        return opened.get(SHARDS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "map:?leese=5s|unknown option 'leese' in the URL; did you mean 'lease'?",
                "map:?leaseMs=5000|did you mean 'lease'?",
                "map:?lease=5s&leaseMs=5000|unknown option 'leaseMs'",
                "map:?shards=0|shards = '0', given in the URL, is too small (integer, from 1 to 64)",
                "map:?lease=30|has no unit; write 30s or PT30S",
                "map:?clockDrift=NaN|clockDrift = 'NaN'",
                "map:?pollCap=2s|from 1ms to 1s",
                "map:?fairness=strikt|did you mean 'strict'?",
                "map:?namespace=|namespace = '', given in the URL, is blank",
                "map:?fairness=strict&maxTurns=5|contradicts maxTurns, given in the URL",
                "map:?fairness=strict&turnTime=5ms|contradicts turnTime",
            })
    void badOption_isRefusedBeforeAnythingIsOpened(String uri, String reason) {
        String message = refusal(Backends.at(uri));
        assertTrue(message.contains(reason), message);
    }

    @Test
    void namespace_isBounded() {
        Backends.at("map:").namespace("é".repeat(64)).open().close();
        log.clear();
        assertTrue(refusal(Backends.at("map:").namespace("é".repeat(64) + "x")).contains("129 bytes"));
    }

    @Test
    void lease_mustSuitTheStore() {
        StateStore slow = new ForwardingStateStore(new MapState()) {
            @Override
            public dev.holdfast.spi.Limits limits() {
                return dev.holdfast.spi.Limits.builder()
                        .minLease(java.time.Duration.ofSeconds(3))
                        .build();
            }
        };
        String message = assertThrows(ConfigException.class, () -> Backends.over("slow", Stores.of(slow))
                        .set("lease", "2s")
                        .open())
                .getMessage();
        assertTrue(message.contains("lease (PT2S)") && message.contains("PT3S"), message);
    }

    @Test
    void layers_standInOrderAndPrintThemselves() {
        try (Backend backend = Backends.at("map:name?outer=on&inner=on")
                .layer(new Named("third", false))
                .layer(new Named("fourth", false))
                .open()) {
            assertEquals("fourth(third(outer(inner(map:name))))", backend.toString());
            assertEquals(
                    List.of(
                            "open",
                            "inner around state",
                            "outer around state",
                            "third around state",
                            "fourth around state"),
                    log);
        }
        try (Backend backend = Backends.open("map:?outer=on")) {
            assertEquals("outer(map:)", backend.toString());
        }
        try (Backend backend = Backends.over("mine", Stores.of(new MapState()))
                .set("inner", "on")
                .open()) {
            assertEquals("inner(mine)", backend.toString());
        }
    }

    @Test
    void secrets_areNowhereShown() {
        String url = "map://user:s3cr%40t@host/db?password=s3cr%40t";
        try (Backend backend = Backends.at(url).set("inner", "on").open()) {
            assertEquals("inner(map://user:***@host/db)", backend.toString());
            assertEquals("s3cr@t", opened.get(PASSWORD));
            assertFalse(opened.toString().contains("s3cr"), opened.toString());
        }
        log.clear();
        for (String bad : List.of(
                "map://user:s3cr%40t@host/db?leese=1",
                "map://h?password=s3cr%40t&lease=1",
                "map://h?password=s3&cr=1",
                "map://h?password=${SECRET}s3cr",
                "nap://user:s3cr%40t@host")) {
            String message = assertThrows(ConfigException.class, () -> Backends.open(bad))
                    .toString();
            assertFalse(message.contains("s3cr") || message.contains("'cr'") || message.contains("czNjckB0"), message);
        }
    }

    @Test
    void openingThatFailsHalfWay_leavesNothingOpen() {
        assertThrows(IllegalStateException.class, () -> Backends.at("map:?inner=on")
                .layer(new Named("broken", true))
                .open());
        assertEquals(List.of("open", "inner around state", "broken around state", "close"), log);
        log.clear();
        openFails = true;
        assertThrows(ConfigException.class, () -> Backends.open("map:"));
        assertEquals(List.of("open"), log);
    }

    @Test
    void openingThatFails_leavesNoTimer() {
        ManualTime time = new ManualTime();
        assertThrows(IllegalStateException.class, () -> Backends.at("map:")
                .time(time)
                .layer(new Named("broken", true))
                .open());
        assertEquals(0, time.pending());
    }

    @Test
    void optionDeclaredTwice_isRefused() {
        assertThrows(
                ConfigException.class,
                () -> Settings.builder(List.of(CoreOptions.LEASE, Option.flag("lease", true, "Another."))));
    }
}
