package dev.holdfast.backend;

import dev.holdfast.config.ConfigException;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The providers that can be seen from the thread's context class loader and from Holdfast's own. One that cannot be loaded hides no
 * other: it is remembered, for the message when something is missing.
 */
final class Discovery {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
    private static final int MAX_FAILURES = 64;
    private static final Map<String, String> ARTIFACTS = Map.of(
            "memory", "holdfast-backend-memory",
            "redis", "holdfast-backend-redis",
            "rediss", "holdfast-backend-redis",
            "redis+sentinel", "holdfast-backend-redis",
            "redis+cluster", "holdfast-backend-redis",
            "postgresql", "holdfast-backend-postgres");

    private final List<BackendProvider> backends = new ArrayList<>();
    private final List<LayerProvider> layers = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    private Discovery() {}

    static Discovery run() {
        Discovery found = new Discovery();
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        if (context != null) {
            found.collect(context);
        }
        ClassLoader own = Backends.class.getClassLoader();
        if (own != context) {
            found.collect(own);
        }
        found.layers.sort(Comparator.comparingInt(LayerProvider::order).thenComparing(LayerProvider::name));
        found.failures.forEach(failure -> LOG.warn("A provider of Holdfast could not be loaded: {}", failure));
        return found;
    }

    private void collect(@Nullable ClassLoader loader) {
        collect(
                ServiceLoader.load(BackendProvider.class, loader).iterator(),
                backends,
                provider -> List.of(Set.copyOf(provider.schemes()), List.copyOf(provider.options())));
        collect(
                ServiceLoader.load(LayerProvider.class, loader).iterator(),
                layers,
                provider -> List.of(provider.name(), provider.order(), List.copyOf(provider.options())));
    }

    /** @param ask makes a provider say what it is, so that one that cannot is found out here, as if it could not be loaded */
    private <P> void collect(Iterator<P> providers, List<P> target, Function<P, ?> ask) {
        // An iterator of a service loader goes on behind a provider that failed; the bound is for one that does not.
        for (int failed = 0; failed < MAX_FAILURES; ) {
            try {
                if (!providers.hasNext()) {
                    return;
                }
                P provider = providers.next();
                if (target.stream().noneMatch(known -> known.getClass() == provider.getClass())) {
                    add(provider, target, ask);
                }
            } catch (ServiceConfigurationError | LinkageError broken) {
                failed++;
                fail(broken + (broken.getCause() == null ? "" : " (" + broken.getCause() + ")"));
            }
        }
    }

    private <P> void add(P provider, List<P> target, Function<P, ?> ask) {
        try {
            LOG.debug("Found {}: {}", provider.getClass().getName(), ask.apply(provider));
            target.add(provider);
        } catch (RuntimeException | LinkageError speechless) {
            fail("Provider " + provider.getClass().getName() + " could not say what it is (" + speechless + ")");
        }
    }

    private void fail(String why) {
        if (!failures.contains(why)) {
            failures.add(why);
        }
    }

    /** The providers of layers, innermost first. */
    List<LayerProvider> layers() {
        for (int i = 0; i < layers.size(); i++) {
            for (LayerProvider other : layers.subList(i + 1, layers.size())) {
                if (other.name().equals(layers.get(i).name())) {
                    throw new ConfigException("two providers of the layer '" + other.name() + "': "
                            + origin(layers.get(i)) + " and " + origin(other) + "; remove one");
                }
            }
        }
        return layers;
    }

    Set<String> schemes() {
        return backends.stream()
                .flatMap(provider -> provider.schemes().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    BackendProvider provider(String scheme) {
        List<BackendProvider> serving = backends.stream()
                .filter(provider -> provider.schemes().contains(scheme))
                .toList();
        if (serving.size() > 1) {
            throw new ConfigException("several providers for the scheme '" + scheme + "': "
                    + serving.stream().map(Discovery::origin).collect(Collectors.joining(" and ")) + "; remove one");
        }
        if (serving.isEmpty()) {
            throw new ConfigException("no provider for the scheme '" + scheme + "'; " + remedy(scheme)
                    + ". Schemes seen: " + (schemes().isEmpty() ? "none" : String.join(", ", schemes()))
                    + (failures.isEmpty() ? "" : ". Not loaded: " + String.join("; ", failures)));
        }
        return serving.get(0);
    }

    private static String remedy(String scheme) {
        if (scheme.equals("jdbc")) {
            return "leave out 'jdbc:'";
        }
        String artifact = ARTIFACTS.get(scheme);
        return artifact == null
                ? "check its spelling, or add the artifact that provides it"
                : "add the artifact dev.holdfast:" + artifact;
    }

    /** The class and the jar it came from. */
    private static String origin(Object provider) {
        CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
        return provider.getClass().getName() + " from "
                + (source == null || source.getLocation() == null ? "an unknown place" : source.getLocation());
    }
}
