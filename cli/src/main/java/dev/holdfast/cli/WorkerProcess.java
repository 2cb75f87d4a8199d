package dev.holdfast.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker that is a JVM of its own, with the Java and the class path of this one. What it tells comes in lines by its standard output,
 * and each is answered by an empty line, so that it waits for the overseer as a thread would. Its orders go by its standard input, where
 * no list of processes shows them; when that is closed, as it is when this JVM is gone, it ends.
 */
final class WorkerProcess implements WorkerHandle {
    private static final int SIGKILLED = 128 + 9;

    /** How the names of the properties begin that say what is logged. */
    static final String LOGGING = "org.slf4j.simpleLogger.";

    /**
     * Stops a process, and lets it go on at the end of its own input, which is at the latest the end of this JVM. A signal is sent before
     * it has an effect, so it waits until each thread is seen to be stopped, where the system shows that.
     */
    private static final String PAUSE =
            """
            trap '' HUP INT TERM
            kill -STOP "$1" || exit
            until [ -z "$(grep -L '^State:.*stopped' /proc/"$1"/task/*/status 2>/dev/null)" ]; do :; done
            echo stopped
            read -r nothing
            kill -CONT "$1" 2>/dev/null
            """;

    private final String name;
    private final Process process;
    private final BufferedReader told;
    private final Writer answers;
    private volatile boolean killed;
    private volatile @Nullable RuntimeException failure;
    private volatile @Nullable Process pause;
    private @Nullable Thread listening;

    private WorkerProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        told = process.inputReader(StandardCharsets.UTF_8);
        answers = process.outputWriter(StandardCharsets.UTF_8);
    }

    static WorkerProcess start(String name, String namespace, DemoOptions options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // A worker is small and lives for seconds.
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path")));
        System.getProperties().stringPropertyNames().stream()
                .filter(property -> property.startsWith(LOGGING))
                .forEach(property -> command.add(1, "-D" + property + "=" + System.getProperty(property)));
        command.addAll(List.of(WorkerMain.class.getName(), name));
        try {
            WorkerProcess worker = new WorkerProcess(
                    name,
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start());
            worker.send(namespace);
            for (String argument : options.toArguments()) {
                worker.send(argument);
            }
            worker.send("");
            return worker;
        } catch (IOException refused) {
            throw new UncheckedIOException("a JVM for " + name + " could not be started", refused);
        }
    }

    private void send(String line) throws IOException {
        answers.write(line + "\n");
        answers.flush();
    }

    @Override
    public String name() {
        return name;
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void awaitReady() {
        try {
            if (told.readLine() != null) {
                return;
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(this + " cannot be heard", broken);
        }
        throw new IllegalStateException(this + " ended before it had opened the store");
    }

    @Override
    public synchronized void begin(BiConsumer<WorkerHandle, Tiding> listener) {
        Thread thread = new Thread(() -> listen(listener), "demo-" + name);
        thread.setDaemon(true);
        thread.start();
        listening = thread;
    }

    private void listen(BiConsumer<WorkerHandle, Tiding> listener) {
        try {
            send("");
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                listener.accept(this, Tiding.parse(line));
                send("");
            }
        } catch (IOException gone) {
            // It ended with something on its lips; whether it should have is seen by its exit code.
        } catch (RuntimeException unexpected) {
            failure = unexpected;
        }
    }

    /** By kill -9, which is what Java's forcible end is wherever there are signals. */
    @Override
    public String kill() {
        killed = true;
        int exit = end();
        if (exit != SIGKILLED) {
            throw new IllegalStateException(this + " should have died of SIGKILL, but ended with " + exit);
        }
        return "gets kill -9 (process " + process.pid() + ")";
    }

    @Override
    public String pause() {
        try {
            Process pausing = new ProcessBuilder("sh", "-c", PAUSE, "sh", Long.toString(process.pid()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            pause = pausing;
            if (pausing.inputReader().readLine() == null) {
                throw new IllegalStateException(this + " could not be stopped");
            }
        } catch (IOException refused) {
            throw new UncheckedIOException("sh, which is to stop " + this + ", could not be started", refused);
        }
        return "gets SIGSTOP (process " + process.pid() + ")";
    }

    @Override
    public void goOn() {
        Process pausing = pause;
        pause = null;
        if (pausing != null) {
            try {
                pausing.getOutputStream().close();
            } catch (IOException gone) {
                throw new UncheckedIOException(this + " could not be let go on", gone);
            }
        }
    }

    @Override
    public boolean isAlive() {
        Thread thread = listening();
        return thread != null && thread.isAlive() && !killed;
    }

    private synchronized @Nullable Thread listening() {
        return listening;
    }

    @Override
    public boolean isStopped() {
        return killed || pause != null;
    }

    @Override
    public void await(long millis) throws InterruptedException {
        Thread thread = listening();
        if (thread != null) {
            thread.join(millis);
        }
    }

    @Override
    public void requireWell() {
        RuntimeException unexpected = failure;
        if (unexpected != null) {
            throw new IllegalStateException(this + " was not understood", unexpected);
        }
        if (!killed && !process.isAlive() && process.exitValue() != 0) {
            throw new IllegalStateException(this + " ended with exit code " + process.exitValue());
        }
    }

    @Override
    public void close() {
        killed = true;
        end();
        goOn();
    }

    /** Kills it and waits for its end, which takes no time worth mentioning; returns the exit code. */
    private int end() {
        process.destroyForcibly();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor();
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Its name and its process. */
    @Override
    public String toString() {
        return name + " (process " + process.pid() + ")";
    }
}
