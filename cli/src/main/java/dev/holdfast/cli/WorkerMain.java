package dev.holdfast.cli;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.spi.BackendException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/** The process of one worker; {@link WorkerProcess} starts it and listens to it. */
final class WorkerMain {
    private final PrintStream out;
    private final Semaphore answers = new Semaphore(0);

    private WorkerMain(PrintStream out) {
        this.out = out;
    }

    /** Works as the standard input says, and ends the JVM. The argument is the worker's name. */
    public static void main(String[] arguments) throws InterruptedException {
        WorkerMain worker = new WorkerMain(new PrintStream(System.out, true, StandardCharsets.UTF_8));
        // Whoever else prints in this JVM must not be taken for the worker.
        System.setOut(System.err);
        try {
            worker.run(arguments[0]);
        } catch (BackendException | ConfigException trouble) {
            System.err.println("holdfast: " + arguments[0] + ": " + trouble.getMessage());
            System.exit(Main.WRONG);
        } catch (RuntimeException failure) {
            failure.printStackTrace();
            System.exit(Main.WRONG);
        }
        System.exit(Main.OK);
    }

    private void run(String name) throws InterruptedException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        List<String> orders = orders(in);
        Thread listening = new Thread(() -> awaitAnswers(in), "overseer");
        listening.setDaemon(true);
        listening.start();
        DemoOptions options = DemoOptions.parse(orders.subList(1, orders.size()));
        List<Partition> partitions = Flights.load().first(options.records()).partitions(options.partitions());
        WorkerTime time = new WorkerTime();
        try (Backend backend = Backends.at(options.backend())
                .namespace(orders.get(0))
                .time(time)
                .open()) {
            ask("ready");
            new Worker(name, backend, time, partitions, options, tiding -> ask(tiding.toLine())).run();
        }
    }

    /** The lines until an empty one: the namespace, and the options. */
    private static List<String> orders(BufferedReader in) {
        List<String> orders = new ArrayList<>();
        try {
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                orders.add(line);
            }
        } catch (IOException broken) {
            throw new UncheckedIOException("the orders cannot be read", broken);
        }
        return orders;
    }

    /** Whatever the worker is doing, it has nobody to do it for when nobody can answer any more. */
    private void awaitAnswers(BufferedReader in) {
        try {
            while (in.readLine() != null) {
                answers.release();
            }
        } catch (IOException gone) {
            // As if it had ended.
        }
        Runtime.getRuntime().halt(Main.WRONG);
    }

    private void ask(String line) {
        out.print(line + "\n");
        out.flush();
        answers.acquireUninterruptibly();
    }
}
