package dev.holdfast.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiscoveryTest {
    private final List<URLClassLoader> loaders = new ArrayList<>();
    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    @TempDir
    Path folder;

    /** Serves the scheme alpha, over a map. */
    public static final class Alpha implements BackendProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("alpha");
        }

        @Override
        public Stores open(BackendUri uri, Settings settings, Time time) {
            return Stores.of(new MapState());
        }
    }

    /** Serves alpha too, and beta. */
    public static final class Beta implements BackendProvider {
        @Override
        public Set<String> schemes() {
            return Set.of("alpha", "beta");
        }

        @Override
        public Stores open(BackendUri uri, Settings settings, Time time) {
            return Stores.of(new MapState());
        }
    }

    /** Cannot be made. */
    public static final class Broken implements BackendProvider {
        public Broken() {
            throw new IllegalStateException("no native library");
        }

        @Override
        public Set<String> schemes() {
            return Set.of("broken");
        }

        @Override
        public Stores open(BackendUri uri, Settings settings, Time time) {
            throw new IllegalStateException();
        }
    }

    /** Can be made, and no more. */
    public static final class Speechless implements BackendProvider {
        @Override
        public Set<String> schemes() {
            throw new IllegalStateException("no list of schemes");
        }

        @Override
        public Stores open(BackendUri uri, Settings settings, Time time) {
            throw new IllegalStateException();
        }
    }

    /** A layer that does not know its place. */
    public static final class Lost extends Idle {
        @Override
        public int order() {
            throw new IllegalStateException("no order");
        }
    }

    /** A layer that leaves everything as it is. */
    public static class Idle implements LayerProvider {
        @Override
        public String name() {
            return "idle";
        }

        @Override
        public int order() {
            return 10;
        }

        @Override
        public List<Option<?>> options() {
            return List.of();
        }

        @Override
        public Optional<Layer> create(Settings settings, Time time) {
            return Optional.empty();
        }
    }

    /** Another layer of the same name. */
    public static final class Idle2 extends Idle {}

    @AfterEach
    void restore() throws IOException {
        Thread.currentThread().setContextClassLoader(before);
        for (URLClassLoader loader : loaders) {
            loader.close();
        }
    }

    /** Makes a jar of these classes, listed as providers of the service, and of lines of their own. */
    private URL jar(String name, Class<?> service, List<Class<?>> providers, String... lines) {
        Path jar = folder.resolve(name);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file)) {
            StringBuilder listed = new StringBuilder();
            for (Class<?> provider : providers) {
                String path = provider.getName().replace('.', '/') + ".class";
                entries.putNextEntry(new JarEntry(path));
                try (InputStream code = provider.getClassLoader().getResourceAsStream(path)) {
                    code.transferTo(entries);
                }
                listed.append(provider.getName()).append('\n');
            }
            for (String line : lines) {
                listed.append(line).append('\n');
            }
            entries.putNextEntry(new JarEntry("META-INF/services/" + service.getName()));
            entries.write(listed.toString().getBytes(StandardCharsets.UTF_8));
            entries.closeEntry();
            return jar.toUri().toURL();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes jars the thread's class path, so that their classes come from them and not from the tests' folder. */
    private void use(URL... jars) {
        ClassLoader hiding = new ClassLoader(before) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith(DiscoveryTest.class.getName() + "$")) {
                    throw new ClassNotFoundException(name);
                }
                return super.loadClass(name, resolve);
            }
        };
        URLClassLoader loader = new URLClassLoader(jars, hiding);
        loaders.add(loader);
        Thread.currentThread().setContextClassLoader(loader);
    }

    private static String refusal(String uri) {
        return assertThrows(ConfigException.class, () -> Backends.open(uri).close())
                .getMessage();
    }

    @Test
    void provider_isFoundThroughTheContextClassLoader() {
        use(jar("a.jar", BackendProvider.class, List.of(Alpha.class)));
        assertTrue(Backends.schemes().contains("alpha"));
        try (Backend backend = Backends.open("ALPHA:place")) {
            assertEquals("alpha:place", backend.toString());
        }
    }

    @Test
    void unknownScheme_listsThoseSeen() {
        use(jar("b.jar", BackendProvider.class, List.of(Beta.class)));
        String message = refusal("gamma:x");
        assertTrue(message.contains("'gamma'"), message);
        assertTrue(message.contains("Schemes seen: alpha, beta"), message);
    }

    @Test
    void knownSchemeWithoutProvider_namesTheArtifact() {
        use();
        assertTrue(refusal("memory:").contains("holdfast-backend-memory"));
        assertTrue(refusal("redis://h").contains("holdfast-backend-redis"));
        assertTrue(refusal("rediss://h").contains("holdfast-backend-redis"));
        assertTrue(refusal("redis+sentinel://h/m").contains("holdfast-backend-redis"));
        assertTrue(refusal("redis+cluster://h").contains("holdfast-backend-redis"));
        assertTrue(refusal("postgresql://h/db").contains("holdfast-backend-postgres"));
        assertTrue(refusal("jdbc:postgresql://h/db?options=-c%20x").contains("leave out 'jdbc:'"));
        assertTrue(refusal("redis://h").contains("Schemes seen: none"));
    }

    @Test
    void unknownScheme_neverShowsTheRestOfTheUrl() {
        use();
        String message = refusal("redis://user:s3cret@h?password=s3cret");
        assertFalse(message.contains("s3cret"), message);
    }

    @Test
    void twoProvidersOfOneScheme_areBothNamedWithTheirJars() {
        URL first = jar("first.jar", BackendProvider.class, List.of(Alpha.class));
        URL second = jar("second.jar", BackendProvider.class, List.of(Beta.class));
        use(first, second);
        String message = refusal("alpha:");
        assertTrue(message.contains(Alpha.class.getName() + " from " + first), message);
        assertTrue(message.contains(Beta.class.getName() + " from " + second), message);
        Backends.open("beta:").close();
    }

    @Test
    void brokenProviders_hideNoOthersAndAreNamed() {
        use(
                jar("broken.jar", BackendProvider.class, List.of(Broken.class)),
                jar("good.jar", BackendProvider.class, List.of(Alpha.class)));
        Backends.open("alpha:").close();
        String message = refusal("broken:");
        assertTrue(message.contains("Not loaded: "), message);
        assertTrue(message.contains(Broken.class.getName()) && message.contains("no native library"), message);
    }

    @Test
    void providersThatThrowWhenAsked_hideNoOthersAndAreNamed() {
        use(
                jar("speechless.jar", BackendProvider.class, List.of(Speechless.class)),
                jar("lost.jar", LayerProvider.class, List.of(Idle.class, Lost.class)),
                jar("good.jar", BackendProvider.class, List.of(Alpha.class)));
        Backends.open("alpha:").close();
        assertTrue(Backends.schemes().contains("alpha"));
        String message = refusal("nothing:");
        assertTrue(message.contains(Speechless.class.getName()) && message.contains("no list of schemes"), message);
        assertTrue(message.contains(Lost.class.getName()) && message.contains("no order"), message);
    }

    @Test
    void missingProviderClass_isNamed() {
        use(
                jar("missing.jar", BackendProvider.class, List.of(), "no.such.Provider", Alpha.class.getName()),
                jar("good.jar", BackendProvider.class, List.of(Alpha.class)));
        Backends.open("alpha:").close();
        assertTrue(refusal("nothing:").contains("no.such.Provider"));
    }

    @Test
    void malformedServicesFile_isNamed() {
        use(
                jar("malformed.jar", BackendProvider.class, List.of(), "not a class name"),
                jar("good.jar", BackendProvider.class, List.of(Alpha.class)));
        Backends.open("alpha:").close();
        assertTrue(refusal("nothing:").contains("malformed.jar"));
    }

    @Test
    void twoLayersOfOneName_areBothNamed() {
        URL first = jar("idle.jar", LayerProvider.class, List.of(Idle.class));
        URL second = jar("idle2.jar", LayerProvider.class, List.of(Idle.class, Idle2.class));
        use(first, second);
        String message = assertThrows(ConfigException.class, () -> Backends.over("map", Stores.of(new MapState()))
                        .open())
                .getMessage();
        assertTrue(message.contains("the layer 'idle'"), message);
        assertTrue(message.contains(first.toString()) && message.contains(second.toString()), message);
    }
}
