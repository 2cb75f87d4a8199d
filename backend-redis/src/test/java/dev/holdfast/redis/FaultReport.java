package dev.holdfast.redis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What fault tests measured, in {@code target/faults.txt} and on the standard output. */
final class FaultReport {
    private static final Path FILE = Path.of("target", "faults.txt");

    private FaultReport() {}

    static void say(String what, Object measured) throws IOException {
        String line = what + ": " + measured + System.lineSeparator();
        System.out.print(line);
        Files.createDirectories(FILE.getParent());
        Files.writeString(FILE, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
