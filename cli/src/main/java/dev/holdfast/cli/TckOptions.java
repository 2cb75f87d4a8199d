package dev.holdfast.cli;

import dev.holdfast.tck.HtmlReport;
import dev.holdfast.tck.Rule;
import dev.holdfast.tck.TckSubject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How the kit is run.
 *
 * @param backend the URL of the store, or the name of servers to start
 * @param profile which rules run, and how often
 * @param faults what {@code --faults} names, or null
 * @param minutes how long the profile {@code SOAK} goes on
 * @param rate how many steps its clients make a second
 * @param histories where it keeps what it found, or null for nowhere
 * @param report where the page goes, or null for none
 * @param seed of the random choices
 * @param rules those that run alone; empty for all
 * @param classpath where the backend is, or null if it is one of Holdfast's
 */
record TckOptions(
        String backend,
        Profile profile,
        @Nullable String faults,
        int minutes,
        int rate,
        @Nullable Path histories,
        @Nullable Path report,
        long seed,
        List<String> rules,
        @Nullable String classpath) {

    /** Which rules. */
    enum Profile {
        /** Those that need nobody to break the store. */
        CORE,
        /** All. */
        FAULTS,
        /** Clients that work for a long time on a store that fails again and again, instead of rules. */
        SOAK
    }

    static final String HELP =
            """
            usage: holdfast tck URL [options]

            Grades the backend of a URL by the rules of the contract. The URL is opened many times, each time with a
            fresh namespace, and all of these must be clients of one store: inside a JVM the URL names it, as memory:x.
            Instead of a URL: redis, sentinel, cluster or postgres start servers for this run, which can be broken.

              --profile NAME     core: every rule that needs nobody to break the store; the default
                                 faults: also the rules about a store that fails; of a bare URL they are not run
                                 soak: instead of the rules, clients that read, write and lock at a steady pace while
                                 one fault follows the other, and what they saw judged every ten seconds or so
              --faults WHAT      what can be done to the store of a URL; chooses the profile faults if none is named
                                 proxy: whatever can be done to its connections, by a proxy before its one address
                                 or the name of a class on --classpath that implements dev.holdfast.tck.Faults
              --minutes N        how long soak goes on, from 1 to 10000; default 60
              --rate N           steps of its clients a second, from 1 to 100000; default 200
              --histories FOLDER where it keeps what its clients saw in rounds with findings
              --rule ID          this rule alone, as in C05; or several, as in C05,G01
              --seed N           repeats the random choices of the run that printed it
              --report FILE      writes a page about all of it, with drawings of what is wrong
              --classpath JARS   where the backend is, if it is none of Holdfast's; paths as for java -cp

            Exits with 0 if every rule that was asked for holds, does not apply, or is waived; with 1 if one does not
            hold, is inconclusive or was not run, and if the store cannot be reached; with 2 for a wrong command line. Soak
            exits with 0 if it found no violation but what the backend declares that it may lose.
            """;

    TckOptions {
        rules = List.copyOf(rules);
    }

    /** Throws {@link UsageException}. */
    static TckOptions parse(List<String> words) {
        Arguments arguments = new Arguments(words);
        String backend = null;
        Profile profile = null;
        String faults = null;
        Integer minutes = null;
        Integer rate = null;
        Path histories = null;
        Path report = null;
        String classpath = null;
        long seed = ThreadLocalRandom.current().nextLong(1, Integer.MAX_VALUE);
        List<String> rules = List.of();
        while (arguments.next()) {
            switch (arguments.name()) {
                case "--profile" -> profile = profile(arguments.text());
                case "--minutes" -> minutes = (int) arguments.number(1, 10_000);
                case "--faults" -> faults = arguments.text();
                case "--rate" -> rate = (int) arguments.number(1, 100_000);
                case "--histories" -> histories = folder("--histories", Path.of(arguments.text()));
                case "--report" -> report = report(Path.of(arguments.text()));
                case "--seed" -> seed = arguments.number(Long.MIN_VALUE, Long.MAX_VALUE);
                case "--rule" -> rules = rules(arguments.text());
                case "--classpath" -> classpath = requireFiles(arguments.text());
                default -> {
                    if (arguments.word().startsWith("-")) {
                        throw new UsageException(
                                "tck does not know " + arguments.shown() + "; 'holdfast help tck' lists its options");
                    }
                    if (backend != null) {
                        throw new UsageException("tck takes one URL and was given another; leave out one");
                    }
                    backend = arguments.word();
                }
            }
        }
        if (backend == null) {
            throw new UsageException("tck needs the URL of a backend, as in 'holdfast tck memory:x'");
        }
        if (faults != null && profile == Profile.CORE) {
            throw new UsageException("--faults is of no use to --profile core, which breaks nothing");
        }
        if (faults != null && LocalStore.NAMES.contains(backend)) {
            throw new UsageException("--faults is for a URL; servers started as " + backend + " can be broken anyway");
        }
        if (profile == null) {
            profile = faults == null ? Profile.CORE : Profile.FAULTS;
        }
        if (profile == Profile.SOAK && (report != null || !rules.isEmpty())) {
            throw new UsageException("--profile soak runs no rules: it takes neither --rule nor --report");
        }
        if (profile != Profile.SOAK && (minutes != null || rate != null || histories != null)) {
            String option = minutes != null ? "--minutes" : rate != null ? "--rate" : "--histories";
            throw new UsageException(option + " is for --profile soak, and rules take none; add that or leave it out");
        }
        requireInProfile(rules, profile);
        return new TckOptions(
                backend,
                profile,
                faults,
                minutes == null ? 60 : minutes,
                rate == null ? 200 : rate,
                histories,
                report,
                seed,
                rules,
                classpath);
    }

    private static void requireInProfile(List<String> ids, Profile profile) {
        for (String id : ids) {
            Rule rule = Rule.all().stream()
                    .filter(one -> one.id().equals(id))
                    .findAny()
                    .orElseThrow(() -> new UsageException(
                            "--rule names " + id + ", which is not in the kit; docs/contract.md lists its rules"));
            if (rule.needsFaults() && profile == Profile.CORE) {
                throw new UsageException(
                        "--rule names " + id + ", which needs a store that fails; add --profile faults");
            }
        }
    }

    /** Found out before the kit has run for nothing. */
    private static Path report(Path file) {
        try {
            HtmlReport.requireWritable(file, "--report");
        } catch (IllegalArgumentException refused) {
            throw new UsageException(String.valueOf(refused.getMessage()));
        }
        return file;
    }

    /** Makes it if it is not there. */
    private static Path folder(String option, Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException refused) {
            throw new UsageException(option + " needs the folder \"" + folder + "\", which cannot be made (" + refused
                    + "); name a place that can be written to");
        }
        if (!Files.isWritable(folder)) {
            throw new UsageException(
                    option + " needs the folder \"" + folder + "\", which cannot be written to; name a place that can");
        }
        return folder;
    }

    /** The words that run the kit in the same way, but for its rules and its seed; what may be secret in a URL is left out. */
    String command() {
        String shown = shown();
        String url = shown.equals(backend) ? backend : "the URL " + shown + " in full";
        StringBuilder command = new StringBuilder("./holdfast tck ").append(quoted(url));
        if (classpath != null) {
            command.append(" --classpath ").append(quoted(classpath));
        }
        if (faults != null) {
            command.append(" --faults ").append(quoted(faults));
        } else if (profile == Profile.FAULTS) {
            command.append(" --profile faults");
        }
        return command.toString();
    }

    /** The backend without what may be secret in a URL, as the report has it. */
    String shown() {
        return LocalStore.NAMES.contains(backend)
                ? backend
                : TckSubject.open(backend).toString();
    }

    private static String quoted(String word) {
        return word.matches("[\\w./:@,+=-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private static Profile profile(String name) {
        return Arrays.stream(Profile.values())
                .filter(profile -> profile.name().toLowerCase(Locale.ROOT).equals(name))
                .findAny()
                .orElseThrow(() -> new UsageException("--profile must be core, faults or soak, was \"" + name + "\""));
    }

    private static List<String> rules(String text) {
        List<String> rules = List.of(text.split(",", -1));
        rules.forEach(rule -> {
            if (!rule.matches("[A-Z]\\d\\d")) {
                throw new UsageException("--rule needs numbers of rules, as in C05 or C05,G01, not \"" + rule + "\"");
            }
        });
        return rules;
    }

    /** The launcher has put them on the class path; here a mistyped one is found. */
    private static String requireFiles(String paths) {
        for (String path : paths.split(File.pathSeparator, -1)) {
            Path file = Path.of(path.endsWith("*") ? path.substring(0, path.length() - 1) : path);
            if (path.isEmpty() || !Files.exists(file)) {
                throw new UsageException(
                        "--classpath names \"" + path + "\", which is not there; it takes paths as java -cp does");
            }
        }
        return paths;
    }
}
