package dev.holdfast.postgres;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.Key;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A backend in a process of its own, which can be frozen as a whole. It says in lines what it has done. */
final class ClientProcess implements AutoCloseable {
    static final Duration LEASE = Duration.ofSeconds(5);

    private final Process process;
    private final BufferedReader lines;

    private ClientProcess(List<String> options, ProcessBuilder.Redirect log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ClientProcess.class.getName()));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command).redirectError(log).start();
        lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** One that opens the backend, writes an entry, and says {@code open}. */
    static ClientProcess opening(String url) throws IOException {
        return new ClientProcess(List.of(), ProcessBuilder.Redirect.INHERIT, url, "open");
    }

    /** The same, with all that can be logged in a file. */
    static ClientProcess tellingAll(String url, Path log) throws IOException {
        List<String> options = List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=trace");
        return new ClientProcess(options, ProcessBuilder.Redirect.to(log.toFile()), url, "open");
    }

    /** One that says {@code open}, waits for the lock, says {@code granted}, and lets it go when it reads a line. */
    static ClientProcess waiting(String url, String lock) throws IOException {
        return new ClientProcess(List.of(), ProcessBuilder.Redirect.INHERIT, url, lock);
    }

    /** Its next line; fails if it ends instead. */
    void says(String line) throws IOException {
        String said = lines.readLine();
        if (!line.equals(said)) {
            throw new AssertionError("the client said " + said + " instead of " + line);
        }
    }

    void freeze() throws Exception {
        signal("STOP");
    }

    void thaw() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws Exception {
        int status = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                .start()
                .waitFor();
        if (status != 0) {
            throw new AssertionError("no signal to " + process.pid());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) throws Exception {
        try (Backend backend = Backends.open(arguments[0])) {
            backend.state().put(Key.of("of " + ProcessHandle.current().pid()), new byte[1]);
            System.out.println("open");
            if (!arguments[1].equals("open")) {
                LockGuard guard = backend.locks()
                        .acquire(arguments[1], LockOptions.renewing().renewingEvery(LEASE));
                System.out.println("granted");
                guard.release();
            }
        }
    }
}
