package dev.holdfast.compression;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.servers.TestServers;
import dev.holdfast.spi.Time;
import dev.holdfast.tck.TckSubject;
import java.util.Optional;

/** Each kind of store there is: the layer knows none, and what it makes of values must hold on all. */
enum Place {
    MEMORY,
    REDIS,
    POSTGRES;

    /** The chapters of state. */
    static final String STATE = "SKTCBQNEFZG";

    /** The URL of a store that the tests of this JVM share. Skips the test, saying why, where there is no server. */
    String url() {
        return switch (this) {
            case MEMORY -> "memory:place";
            case REDIS -> there(TestServers.redisMissing()) + TestServers.redisUrl();
            case POSTGRES -> there(TestServers.postgresMissing()) + TestServers.postgresUrl();
        };
    }

    private static String there(Optional<String> missing) {
        missing.ifPresent(why -> assumeTrue(false, "NOT RUN: " + why));
        return "";
    }

    /** A client, with options as in a URL: {@code name=value}. */
    Backend open(String namespace, String... options) {
        Backends.Builder builder = Backends.at(url()).namespace(namespace);
        for (String option : options) {
            builder.set(option.substring(0, option.indexOf('=')), option.substring(option.indexOf('=') + 1));
        }
        return builder.open();
    }

    /** The store as a subject of the kit, with every value forced through a codec. */
    TckSubject forced(String codec) {
        return TckSubject.of(codec + "(" + name().toLowerCase(java.util.Locale.ROOT) + ")", namespace -> {
            return Backends.at(url())
                    .namespace(namespace)
                    .layer(Forced.layer(codec, Time.system()))
                    .open();
        });
    }

    /** The same as a user has it by URL. */
    TckSubject byUrl(String options) {
        return byUrl(url(), options);
    }

    /** With so low a threshold that compressed and plain values are side by side. */
    static TckSubject byUrl(String url, String options) {
        return TckSubject.open(url + "?compressionThreshold=1&compressionMinSaving=0&" + options);
    }
}
