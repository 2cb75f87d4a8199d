package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server could not be started, stopped or brought to the wanted state. The message ends with the last lines of its log, if it has one. */
public final class ServerException extends RuntimeException {
    private static final int LOG_LINES = 20;

    ServerException(String message) {
        super(message);
    }

    ServerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    static ServerException withLog(String message, Path log) {
        return new ServerException(message + "; the end of " + log + ":\n" + lastLines(log));
    }

    private static String lastLines(Path log) {
        try {
            List<String> lines = Files.exists(log)
                    ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                            .lines()
                            .toList()
                    : List.of("(no log)");
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
