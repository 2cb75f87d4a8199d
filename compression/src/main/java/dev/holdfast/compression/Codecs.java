package dev.holdfast.compression;

import dev.holdfast.config.ConfigException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The codecs that can be seen from the thread's context class loader and from Holdfast's own. Immutable. */
final class Codecs {
    /** The word for no codec: nothing is compressed, and what was is read. */
    static final String NONE = "none";

    /** The word for no layer at all. */
    static final String OFF = "off";

    private static final Logger LOG = LoggerFactory.getLogger(Codecs.class);
    private static final int MAX_ID = 127;
    private static final int MAX_FAILURES = 64;

    private final List<Codec> codecs;

    private Codecs(List<Codec> codecs) {
        this.codecs = List.copyOf(codecs);
        for (Codec codec : codecs) {
            check(codec);
        }
    }

    /** Throws {@link ConfigException} if two codecs claim one name or number, or one has a number that is not allowed. */
    static Codecs discover() {
        List<Codec> found = new ArrayList<>();
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        if (context != null) {
            collect(ServiceLoader.load(Codec.class, context).iterator(), found);
        }
        collect(ServiceLoader.load(Codec.class, Codecs.class.getClassLoader()).iterator(), found);
        return new Codecs(found);
    }

    static Codecs of(Codec... codecs) {
        return new Codecs(List.of(codecs));
    }

    private static void collect(Iterator<Codec> providers, List<Codec> found) {
        // The iterator goes on behind a provider that failed; the bound is for one that does not.
        for (int failed = 0; failed < MAX_FAILURES; ) {
            try {
                if (!providers.hasNext()) {
                    return;
                }
                Codec codec = providers.next();
                if (found.stream().noneMatch(known -> known.getClass() == codec.getClass())) {
                    found.add(codec);
                }
            } catch (ServiceConfigurationError | LinkageError broken) {
                failed++;
                LOG.warn("A codec could not be loaded: {}", String.valueOf(broken));
            }
        }
    }

    private void check(Codec codec) {
        int id = codec.id();
        if (id < 1 || id > MAX_ID || id == ZstdCodec.DICTIONARY_ID) {
            throw new ConfigException("the codec " + describe(codec) + " has the number " + id
                    + ", which is not for codecs; give it one from 64 to " + MAX_ID);
        }
        for (Codec other : codecs) {
            if (other != codec && (other.id() == id || other.name().equals(codec.name()))) {
                throw new ConfigException("two codecs of one name or number: " + describe(codec) + " and "
                        + describe(other) + "; remove one");
            }
        }
    }

    private static String describe(Codec codec) {
        return codec.name() + " (" + codec.id() + ", " + codec.getClass().getName() + ")";
    }

    /** The codec of a name; the message of the {@link ConfigException} for an unknown one begins with {@code where}. */
    Codec named(String name, String where) {
        return codecs.stream()
                .filter(codec -> codec.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ConfigException(where + ", names no codec; give one of "
                        + names().stream().collect(Collectors.joining(", "))));
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>(Set.of(NONE, OFF));
        codecs.forEach(codec -> names.add(codec.name()));
        return names;
    }

    /** The codec of a number, or null. */
    @Nullable
    Codec numbered(int id) {
        return codecs.stream().filter(codec -> codec.id() == id).findFirst().orElse(null);
    }

    List<Codec> all() {
        return codecs;
    }
}
