package dev.holdfast.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

/** Where figures come from: without it they mean nothing. */
final class Place {
    private Place() {}

    /** Machine and JVM. */
    static String machine() {
        return cpu() + ", " + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name")
                + " "
                + System.getProperty("os.arch") + ", " + System.getProperty("java.vm.name") + " "
                + System.getProperty("java.runtime.version");
    }

    private static String cpu() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown processor");
        } catch (IOException notLinux) {
            return "unknown processor";
        }
    }

    static String commit() {
        try {
            Process git = new ProcessBuilder("git", "rev-parse", "--short", "HEAD")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (InputStream said = git.getInputStream()) {
                String commit = new String(said.readAllBytes(), StandardCharsets.UTF_8).strip();
                return commit.isEmpty() ? "unknown" : commit;
            }
        } catch (IOException noGit) {
            return "unknown";
        }
    }

    /** Names and versions of the contenders' libraries, as the build chose them. */
    static Map<String, String> libraries() {
        Properties versions = new Properties();
        try (InputStream file = Objects.requireNonNull(Place.class.getResourceAsStream("versions.properties"))) {
            versions.load(file);
        } catch (IOException damaged) {
            throw new java.io.UncheckedIOException("versions.properties cannot be read", damaged);
        }
        Map<String, String> sorted = new LinkedHashMap<>();
        versions.stringPropertyNames().stream().sorted().forEach(name -> sorted.put(name, versions.getProperty(name)));
        return sorted;
    }
}
