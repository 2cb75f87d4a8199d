package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.FencedOutException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.FencedScope;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Another process that takes a lock and writes under it, so that it can really be killed or frozen. The URL goes to it on its standard
 * input, since arguments of a process are for everybody to see; it ends when that does. One thread.
 */
final class Neighbour implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter orders;

    private Neighbour(Process process) {
        this.process = process;
        answers = process.inputReader(StandardCharsets.UTF_8);
        orders = process.outputWriter(StandardCharsets.UTF_8);
    }

    static Neighbour start(String uri, String namespace) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Neighbour.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Neighbour neighbour = new Neighbour(process);
        boolean started = false;
        try {
            neighbour.order(uri);
            String ready = neighbour.ask(namespace);
            if (!ready.equals("ready")) {
                throw new IOException("the other process could not open the backend: " + ready);
            }
            started = true;
            return neighbour;
        } finally {
            if (!started) {
                neighbour.close();
            }
        }
    }

    private void order(String line) throws IOException {
        orders.write(line);
        orders.newLine();
        orders.flush();
    }

    /** Sends an order and waits for its answer, or for an interrupt: of a read itself no interrupt is heard. */
    String ask(String line) throws IOException, InterruptedException {
        FutureTask<String> answer = new FutureTask<>(() -> {
            order(line);
            return answer();
        });
        Thread thread = new Thread(answer, "tck-neighbour");
        thread.setDaemon(true);
        thread.start();
        try {
            return answer.get();
        } catch (ExecutionException failed) {
            throw new IOException("no answer to " + line.split(" ", 2)[0], failed.getCause());
        }
    }

    private String answer() throws IOException {
        for (String answer = answers.readLine(); answer != null; answer = answers.readLine()) {
            if (answer.startsWith("> ")) {
                return answer.substring(2);
            }
        }
        throw new IOException("the other process has ended");
    }

    /** Ends the process as {@code kill -9} does, and returns when it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Lets the process end in the orderly way, with its backend closed, or without that. */
    void leave(boolean closing) throws Exception {
        order(closing ? "close" : "halt");
        process.waitFor();
    }

    void freeze() throws Exception {
        signal("STOP");
    }

    void thaw() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws Exception {
        Process kill;
        try {
            kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        } catch (IOException absent) {
            throw new NotRun("this system has no kill command: " + absent.getMessage());
        }
        if (kill.waitFor() != 0) {
            throw new IllegalStateException("kill -" + name + " failed with " + kill.exitValue());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }

    // --- The other process

    public static void main(String... arguments) throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String uri = orders.readLine();
        String namespace = orders.readLine();
        try (Backend backend = Backends.at(uri).set("namespace", namespace).open()) {
            answer("ready");
            serve(backend, orders);
        } catch (RuntimeException failed) {
            answer(failed.toString());
        }
    }

    private static void serve(Backend backend, BufferedReader orders) throws Exception {
        LockGuard guard = null;
        FencedScope scope = null;
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "lock" -> {
                    guard = lock(backend, words[1], Duration.ofMillis(Long.parseLong(words[2])))
                            .orElse(null);
                    scope = guard == null
                            ? null
                            : backend.state().scope("orders").fencedBy(guard);
                    answer(
                            guard == null
                                    ? "refused"
                                    : Long.toString(guard.fence().value()));
                }
                case "write" -> answer(write(scope, words[1]));
                case "state" -> answer(guard == null ? "none" : guard.state().name());
                case "close" -> {
                    return;
                }
                default -> Runtime.getRuntime().halt(1);
            }
        }
        // Whoever gave the orders is gone.
        Runtime.getRuntime().halt(1);
    }

    private static Optional<LockGuard> lock(Backend backend, String name, Duration lease) throws InterruptedException {
        return backend.locks().tryAcquire(name, LockOptions.renewing().renewingEvery(lease));
    }

    private static String write(@Nullable FencedScope scope, String value) {
        if (scope == null) {
            return "none";
        }
        try {
            scope.put(Key.of("a"), value.getBytes(StandardCharsets.UTF_8));
            return "ok";
        } catch (FencedOutException fencedOut) {
            return "fenced";
        } catch (BackendException failed) {
            return "error " + failed;
        }
    }

    private static void answer(String text) {
        System.out.println("> " + text.replace('\n', ' '));
    }
}
