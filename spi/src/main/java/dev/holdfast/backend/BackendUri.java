package dev.holdfast.backend;

import java.util.List;
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
    public record Host(String name, int port) {}

    public BackendUri {
        hosts = List.copyOf(hosts);
    }
}
