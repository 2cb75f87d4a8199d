package dev.holdfast.servers;

import java.util.Locale;

/** The operating system and processor of this JVM, in the words of those who publish binaries. */
final class Platform {
    static final String OS = os();
    private static final String ARCH = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    static final boolean ARM = ARCH.equals("aarch64") || ARCH.equals("arm64");
    static final boolean AMD = ARCH.equals("amd64") || ARCH.equals("x86_64");

    private Platform() {}

    private static String os() {
        String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        return name.startsWith("mac") ? "darwin" : name.startsWith("windows") ? "windows" : name;
    }

    /** As in {@code linux-amd64}. */
    static String name() {
        return OS + "-" + (AMD ? "amd64" : ARM ? "arm64" : ARCH);
    }
}
