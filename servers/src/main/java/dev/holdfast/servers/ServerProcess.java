package dev.holdfast.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A server program that does not outlive this JVM, not even when the JVM is killed.
 *
 * <p>A shell stands between: it starts the program, tells its pid, and reads a pipe that only the JVM holds open. When the JVM says
 * stop, or dies, the shell ends the program and, if the JVM died, deletes the server's folder. (A child that asks Linux for a signal at
 * its parent's death gets it when the <em>thread</em> that started it ends.)
 */
final class ServerProcess {
    // $1 folder to delete, $2 log, $3 signal that ends the program and its children properly
    private static final String WRAPPER =
            """
            trap '' INT HUP
            folder=$1 log=$2 signal=$3
            shift 3
            "$@" </dev/null >>"$log" 2>&1 &
            server=$!
            echo $server
            exec >/dev/null 2>&1
            cat >"$folder/.end"
            children=$(cat /proc/$server/task/$server/children)
            kill -$signal $server
            kill -CONT $server $children
            rounds=0
            while [ $signal != KILL ] && kill -0 $server && [ $rounds -lt 50 ]; do
                sleep 0.1
                rounds=$((rounds + 1))
            done
            kill -KILL $server $children
            wait $server
            [ -s "$folder/.end" ] || rm -rf "$folder"
            """;

    private static final Duration END = Duration.ofSeconds(15);

    private final Process wrapper;
    private final ProcessHandle server;

    private ServerProcess(Process wrapper, ProcessHandle server) {
        this.wrapper = wrapper;
        this.server = server;
    }

    /** @param endSignal what makes the program end soon and leave nothing behind, as {@code KILL} or {@code QUIT} */
    static ServerProcess start(
            List<String> command, Map<String, String> environment, Path folder, Path log, String endSignal) {
        List<String> wrapped = new ArrayList<>(List.of("sh", "-c", WRAPPER, "sh"));
        wrapped.addAll(List.of(folder.toString(), log.toString(), endSignal));
        wrapped.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(wrapped).directory(folder.toFile());
        builder.environment().putAll(environment);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        try {
            Process wrapper = builder.start();
            BufferedReader said =
                    new BufferedReader(new InputStreamReader(wrapper.getInputStream(), StandardCharsets.UTF_8));
            String pid = said.readLine();
            if (pid == null) {
                throw ServerException.withLog("could not start " + command, log);
            }
            // Gone already if the program failed at once; then any handle will do that is not alive.
            ProcessHandle server = ProcessHandle.of(Long.parseLong(pid)).orElse(wrapper.toHandle());
            return new ServerProcess(wrapper, server);
        } catch (IOException e) {
            throw new ServerException("could not start " + command + ": " + e.getMessage(), e);
        }
    }

    long pid() {
        return server.pid();
    }

    boolean isAlive() {
        return server.isAlive() && server.pid() != wrapper.pid();
    }

    /** The program's children, as PostgreSQL's backends. */
    List<ProcessHandle> children() {
        return server.children().toList();
    }

    /** Kills the program with SIGKILL, and returns when it and its wrapper are gone. */
    void kill() {
        if (isAlive()) {
            server.destroyForcibly();
        }
        awaitEnd();
    }

    /** Ends the program by its signal, and returns when it and its wrapper are gone. */
    void end() {
        awaitEnd();
    }

    private void awaitEnd() {
        try (OutputStream pipe = wrapper.getOutputStream()) {
            pipe.write('.');
        } catch (IOException wrapperGoneAlready) {
            // Nothing to tell it.
        }
        try {
            if (!wrapper.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new ServerException("process " + pid() + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while process " + pid() + " ended", e);
        }
    }

    /** Sends the signal, as {@code STOP}, to the program and its children. */
    void signalAll(String signal) {
        signal(signal, List.of(server.pid()));
        server.descendants().forEach(child -> {
            try {
                signal(signal, List.of(child.pid()));
            } catch (ServerException refused) {
                // Children come and go: one that has ended needs no signal.
                if (child.isAlive()) {
                    throw refused;
                }
            }
        });
    }

    static void signal(String signal, List<Long> pids) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -\"$@\"", "sh", signal));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        run(command, Map.of());
    }

    /** Runs the command to its end and returns what it printed; fails if the command does. */
    static String run(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new ServerException(command + " ended with " + status + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException("could not run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while running " + command, e);
        }
    }
}
