package dev.holdfast.cli;

import dev.holdfast.config.ConfigException;
import dev.holdfast.servers.MissingBinaryException;
import dev.holdfast.servers.ServerException;
import dev.holdfast.spi.BackendException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/** The {@code holdfast} command. Exits with 0 if all went well, 1 if the demo did not show what it is
 * for or a rule of the kit is not proven, 2 for a wrong command line, 3 if a history was not decided. */
public final class Main {
    static final int OK = 0;
    static final int WRONG = 1;
    static final int USAGE = 2;

    private static final String HELP =
            """
            usage: holdfast <command>

              demo      a stream processor on real flight records; one worker is killed, one is paused
              tck       grades a backend by the rules of the contract
              check     judges histories again that were kept
              bench     measures Holdfast beside what one would use instead; from a checkout
              help      this text, or with the name of a command that command's options
              version   the version of Holdfast and of Java
            """;

    private Main() {}

    /** Runs the command and ends the JVM. */
    public static void main(String[] arguments) throws InterruptedException {
        // The log shares the terminal with the command's own words, so only what is wrong is said there; and where
        // stores are made to
        // fail, that they fail is nothing wrong.
        List<String> words = List.of(arguments);
        String level = words.contains("tck") || words.contains("--kill-server") ? "error" : "warn";
        setUnlessSet(WorkerProcess.LOGGING + "defaultLogLevel", level);
        setUnlessSet(WorkerProcess.LOGGING + "log.com.zaxxer.hikari", "error");
        int exit = run(words, Screen.standard(System.getenv()), System.err);
        System.out.flush();
        System.exit(exit);
    }

    private static void setUnlessSet(String property, String value) {
        System.setProperty(property, System.getProperty(property, value));
    }

    static int run(List<String> arguments, Screen screen, PrintStream errors) throws InterruptedException {
        if (arguments.isEmpty()) {
            errors.print(HELP);
            return USAGE;
        }
        List<String> rest = arguments.subList(1, arguments.size());
        try {
            return switch (arguments.get(0)) {
                case "demo" -> demo(rest, screen);
                case "tck" -> tck(rest, screen);
                case "check" -> check(rest, screen);
                case "bench" ->
                    throw new UsageException("bench comes with contenders that are downloaded for it, and only from a"
                            + " checkout: './holdfast bench --help' there");
                case "help", "--help", "-h" -> help(rest, screen);
                case "version", "--version" -> version(rest, screen);
                default ->
                    throw new UsageException("there is no command " + Arguments.shown(arguments.get(0))
                            + "; the commands are demo, tck, check, bench, help and version");
            };
        } catch (UsageException | ConfigException wrong) {
            errors.println("holdfast: " + wrong.getMessage());
            return USAGE;
        } catch (BackendException trouble) {
            errors.println("holdfast: the store failed: " + trouble.getMessage());
            return WRONG;
        } catch (MissingBinaryException | ServerException trouble) {
            errors.println("holdfast: " + trouble.getMessage());
            return WRONG;
        }
    }

    private static int demo(List<String> arguments, Screen screen) throws InterruptedException {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            screen.line(DemoOptions.HELP.stripTrailing());
            return OK;
        }
        DemoOptions options = DemoOptions.parse(arguments);
        Flights flights = Flights.load().first(options.records());
        DemoReport report = new DemoReport(options, flights, screen);
        try (LocalStore local = LocalStore.isNamed(options.backend()) ? startLocal(options, screen) : null) {
            Run run = new Demo(options, flights, report, local).run();
            report.end(run);
            return run.isAsExpected(options.unsafe()) ? OK : WRONG;
        }
    }

    private static int tck(List<String> arguments, Screen screen) {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            screen.line(TckOptions.HELP.stripTrailing());
            return OK;
        }
        return new TckCommand(TckOptions.parse(arguments), screen).run();
    }

    private static int check(List<String> arguments, Screen screen) {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            screen.line(CheckCommand.HELP.stripTrailing());
            return OK;
        }
        return new CheckCommand(arguments, screen).run();
    }

    private static LocalStore startLocal(DemoOptions options, Screen screen) {
        screen.status("Starting " + options.backend());
        return LocalStore.start(options.backend());
    }

    private static int help(List<String> arguments, Screen screen) {
        if (arguments.isEmpty()) {
            screen.line(HELP.stripTrailing());
        } else if (arguments.equals(List.of("demo"))) {
            screen.line(DemoOptions.HELP.stripTrailing());
        } else if (arguments.equals(List.of("tck"))) {
            screen.line(TckOptions.HELP.stripTrailing());
        } else if (arguments.equals(List.of("check"))) {
            screen.line(CheckCommand.HELP.stripTrailing());
        } else {
            throw new UsageException("there is no help for \"" + String.join(" ", arguments)
                    + "\"; try 'holdfast help', 'holdfast help' with demo, tck or check, or './holdfast bench --help'");
        }
        return OK;
    }

    private static int version(List<String> arguments, Screen screen) {
        if (!arguments.isEmpty()) {
            throw new UsageException("version takes nothing, but was given \"" + String.join(" ", arguments) + "\"");
        }
        Properties build = new Properties();
        try (InputStream file = Objects.requireNonNull(Main.class.getResourceAsStream("build.properties"))) {
            build.load(file);
        } catch (IOException damaged) {
            throw new UncheckedIOException("build.properties cannot be read", damaged);
        }
        screen.line("holdfast " + build.getProperty("version") + ", Java " + Runtime.version());
        return OK;
    }
}
