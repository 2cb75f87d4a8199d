package dev.holdfast.backend;

import dev.holdfast.config.ConfigException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The place a URL names: {@code scheme://user:password@host:port,host:port/path}, or {@code scheme:path}. Its parameters have become
 * settings. {@code toString} masks the password.
 *
 * @param scheme in lower case
 * @param user decoded, or null
 * @param password decoded, or null
 * @param hosts in the order given; empty for {@code scheme:path}
 * @param path decoded, without the leading slash; may be empty
 */
public record BackendUri(
        String scheme, @Nullable String user, @Nullable String password, List<Host> hosts, String path) {

    /**
     * One server.
     *
     * @param name a host name or address; IPv6 without brackets
     * @param port from 1 to 65535, or -1 for the scheme's own
     */
    public record Host(String name, int port) {
        /** The port, or this one if none was given. */
        public int portOr(int standard) {
            return port < 0 ? standard : port;
        }

        @Override
        public String toString() {
            String shown = name.indexOf(':') >= 0 ? "[" + name + "]" : name;
            return port < 0 ? shown : shown + ":" + port;
        }
    }

    public BackendUri {
        hosts = List.copyOf(hosts);
    }

    /**
     * The place of a URL without parameters, percent-decoded. Throws {@link ConfigException} for what is not one.
     */
    public static BackendUri of(String text) {
        UriParser.Parsed parsed = UriParser.parse(text);
        if (!parsed.parameters().isEmpty()) {
            throw new ConfigException("the URL has parameters where only a place is asked for");
        }
        return parsed.place();
    }

    @Override
    public String toString() {
        String login = (user == null ? "" : user) + (password == null ? "" : ":***");
        if (hosts.isEmpty() && login.isEmpty()) {
            return scheme + ":" + path;
        }
        return scheme + "://" + (login.isEmpty() ? "" : login + "@")
                + hosts.stream().map(Host::toString).collect(Collectors.joining(","))
                + (path.isEmpty() ? "" : "/" + path);
    }
}
