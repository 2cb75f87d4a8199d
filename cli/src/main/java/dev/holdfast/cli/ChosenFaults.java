package dev.holdfast.cli;

import dev.holdfast.servers.FaultProxy;
import dev.holdfast.tck.Faults;
import dev.holdfast.tck.LocalFaults;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code --faults} asks for: a proxy before the one address of a URL, or an author's own faults by the name of a class.
 *
 * @param url of the store, as clients are to open it
 */
record ChosenFaults(String url, Faults faults, AutoCloseable closing) implements AutoCloseable {
    static final String PROXY = "proxy";

    private static final Pattern PLACE = Pattern.compile("([a-z][a-z0-9+.-]*)://([^/?#@]*@)?([^/?#]+)(.*)");
    private static final Pattern ADDRESS = Pattern.compile("(\\[[^]]+]|[^:,]+)(?::(\\d+))?");
    private static final Map<String, Integer> PORTS =
            Map.of("redis", 6379, "rediss", 6379, "postgresql", 5432, "postgres", 5432);

    /** Throws {@link UsageException}. */
    static ChosenFaults of(String chosen, String url) {
        return chosen.equals(PROXY) ? proxied(url) : new ChosenFaults(url, made(chosen), () -> {});
    }

    private static ChosenFaults proxied(String url) {
        Matcher place = PLACE.matcher(url);
        if (!place.matches()) {
            throw new UsageException("--faults proxy needs a URL with an address, as redis://127.0.0.1:6379; "
                    + scheme(url) + ": has none");
        }
        String scheme = place.group(1);
        Matcher address = ADDRESS.matcher(place.group(3));
        if (scheme.contains("+") || !address.matches()) {
            throw new UsageException("--faults proxy stands before one address, and clients of " + scheme
                    + ": learn others from the servers; start servers with 'holdfast tck sentinel' or 'cluster', which"
                    + " know only their proxies, or name a class of your own");
        }
        Integer port = address.group(2) == null ? PORTS.get(scheme) : Integer.valueOf(address.group(2));
        if (port == null) {
            throw new UsageException("--faults proxy needs the port of " + scheme + ": in the URL");
        }
        String host = address.group(1).replaceAll("[\\[\\]]", "");
        FaultProxy proxy = FaultProxy.to(host, port);
        String login = place.group(2) == null ? "" : place.group(2);
        String through = scheme + "://" + login + proxy.host() + ":" + proxy.port() + place.group(4);
        return new ChosenFaults(through, LocalFaults.of(proxy), proxy);
    }

    private static String scheme(String url) {
        return url.replaceAll(":.*", "");
    }

    private static Faults made(String name) {
        try {
            Object made = Class.forName(name).getDeclaredConstructor().newInstance();
            if (made instanceof Faults faults) {
                return faults;
            }
        } catch (ReflectiveOperationException | LinkageError impossible) {
            throw new UsageException("--faults must be proxy, or a class on --classpath that implements "
                    + Faults.class.getName() + " and has a constructor without arguments; \"" + name + "\" failed with "
                    + impossible);
        }
        throw new UsageException("--faults names " + name + ", which does not implement " + Faults.class.getName());
    }

    @Override
    public void close() {
        try {
            closing.close();
        } catch (RuntimeException failed) {
            throw failed;
        } catch (Exception failed) {
            throw new IllegalStateException("the faults could not be ended", failed);
        }
    }
}
