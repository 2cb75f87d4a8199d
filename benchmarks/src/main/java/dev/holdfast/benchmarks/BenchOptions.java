package dev.holdfast.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is run.
 *
 * @param quick a point of the most telling scenarios, for two minutes
 * @param headline the figures of home-made systems
 * @param inner the framework's own loops, by JMH
 * @param list only the names of scenarios
 * @param backend the URL of a server to measure; null for servers started here
 * @param only beginnings of names of scenarios; empty for all
 * @param against contenders beside Holdfast and the base; empty for all
 * @param points of the axis; empty for all
 * @param rounds turns of each contender
 * @param millis of a turn
 * @param json a file to which results are added, or null
 * @param draw a file of results to draw instead of measuring, or null
 * @param svg the folder that gets the drawings, or null
 */
record BenchOptions(
        boolean quick,
        boolean headline,
        boolean inner,
        boolean list,
        @Nullable String backend,
        List<String> only,
        List<String> against,
        List<Integer> points,
        int rounds,
        int millis,
        @Nullable Path json,
        @Nullable Path draw,
        @Nullable Path svg) {
    static final String HELP =
            """
            usage: holdfast bench --quick
                   holdfast bench --only NAME [options]
                   holdfast bench --headline
                   holdfast bench --inner

            Measures Holdfast beside what one would use instead, on the same server in the same minutes: contenders warm up
            and take turns, and the ratio of each to a base is what counts. Servers are started for it; nothing else is needed.

              --quick           one point of the most telling scenarios: a table in about two minutes
              --only NAMES      scenarios whose names begin so, as in redis-lock or redis-get,postgres-put; all of them
                                take an hour or two
              --headline        the figures that home-made systems promise, each with what it is here and a verdict
              --inner           what the framework itself costs, by JMH: time and allocated bytes of combining, handing a
                                lock over, the envelope of values and codecs; in about two minutes
              --list            names the scenarios and their points
              --points N,N      these points of the axis alone, as in 16,64
              --against NAMES   these contenders alone, besides Holdfast and the base, as in redisson,lettuce
              --backend URL     your own server instead: redis://, redis+cluster:// or postgresql://; contenders use keys and
                                schemas named holdfast-bench and delete them at the end
              --rounds N        turns of each contender, from 1 to 99; default 5, quick 3
              --millis N        length of a turn, from 50 to 60000; default 1000, quick 200
              --json FILE       adds every result to this file, one line of JSON each
              --draw FILE       draws the results of such a file instead of measuring; needs --svg
              --svg FOLDER      draws each scenario with several points as FOLDER/NAME.svg

            Exits with 0, with 1 if a measurement failed, or with 2 for a wrong command line.
            """;

    /** Throws {@link UsageException}. */
    static BenchOptions parse(List<String> words) {
        boolean quick = false;
        boolean headline = false;
        boolean inner = false;
        boolean list = false;
        String backend = null;
        List<String> only = List.of();
        List<String> against = List.of();
        List<Integer> points = List.of();
        int rounds = 0;
        int millis = 0;
        Path json = null;
        Path draw = null;
        Path svg = null;
        Set<String> given = new HashSet<>();
        Iterator<String> rest = words.iterator();
        while (rest.hasNext()) {
            String word = rest.next();
            int equals = word.startsWith("--") ? word.indexOf('=') : -1;
            String name = equals < 0 ? word : word.substring(0, equals);
            String attached = equals < 0 ? null : word.substring(equals + 1);
            if (!given.add(name)) {
                throw new UsageException(name + " is given twice; give it once");
            }
            switch (name) {
                case "--quick" -> quick = flag(name, attached);
                case "--headline" -> headline = flag(name, attached);
                case "--inner" -> inner = flag(name, attached);
                case "--list" -> list = flag(name, attached);
                case "--backend" -> backend = text(name, attached, rest);
                case "--only" -> only = names(name, text(name, attached, rest));
                case "--against" -> against = names(name, text(name, attached, rest));
                case "--points" ->
                    points = names(name, text(name, attached, rest)).stream()
                            .map(point -> number(name, point, 1, 10_000_000))
                            .toList();
                case "--rounds" -> rounds = number(name, text(name, attached, rest), 1, 99);
                case "--millis" -> millis = number(name, text(name, attached, rest), 50, 60_000);
                case "--json" -> json = Path.of(text(name, attached, rest));
                case "--draw" -> draw = file(name, text(name, attached, rest));
                case "--svg" -> svg = folder(name, text(name, attached, rest));
                default ->
                    throw new UsageException(
                            "bench does not know \"" + word + "\"; 'holdfast bench --help' lists its options");
            }
        }
        if (draw != null && svg == null) {
            throw new UsageException("--draw needs --svg FOLDER, where the drawings go");
        }
        if (draw != null && (quick || backend != null || !only.isEmpty())) {
            throw new UsageException("--draw measures nothing: it takes --svg alone");
        }
        if (quick && !points.isEmpty()) {
            throw new UsageException("--quick chooses the points itself; leave out --points, or --quick");
        }
        if (headline && (quick || backend != null || !only.isEmpty() || draw != null)) {
            throw new UsageException("--headline has its own scenes on servers started for it; give it alone");
        }
        if (inner && given.size() > 1) {
            throw new UsageException("--inner has its own times and no server; give it alone");
        }
        if (!quick && !headline && !inner && !list && draw == null && only.isEmpty()) {
            throw new UsageException(
                    "bench needs --quick, --headline, --inner, or --only with the names of scenarios, which --list tells");
        }
        return new BenchOptions(
                quick,
                headline,
                inner,
                list,
                backend,
                only,
                against,
                points,
                rounds > 0 ? rounds : quick ? 3 : 5,
                millis > 0 ? millis : quick ? 200 : 1_000,
                json,
                draw,
                svg);
    }

    private static boolean flag(String name, @Nullable String attached) {
        if (attached != null) {
            throw new UsageException(name + " takes no value, but was given \"" + attached + "\"");
        }
        return true;
    }

    private static String text(String name, @Nullable String attached, Iterator<String> rest) {
        String text = attached != null ? attached : rest.hasNext() ? rest.next() : "";
        if (text.isBlank() || (attached == null && text.startsWith("--"))) {
            throw new UsageException(name + " needs a value: " + name + " X");
        }
        return text;
    }

    private static List<String> names(String name, String text) {
        List<String> names = List.of(text.split(",", -1));
        if (names.stream().anyMatch(String::isBlank)) {
            throw new UsageException(name + " needs names with a comma between them, not \"" + text + "\"");
        }
        return names;
    }

    private static int number(String name, String text, int least, int most) {
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            throw new UsageException(name + " needs a whole number, not \"" + text + "\"");
        }
        throw new UsageException(name + " must be from " + least + " to " + most + ", was " + text);
    }

    private static Path file(String name, String text) {
        Path file = Path.of(text);
        if (!Files.isRegularFile(file)) {
            throw new UsageException(name + " names \"" + text + "\", which is no file; --json writes one");
        }
        return file;
    }

    private static Path folder(String name, String text) {
        Path folder = Path.of(text);
        if (!Files.isDirectory(folder)) {
            throw new UsageException(name + " names \"" + text + "\", which is no folder; make it first");
        }
        return folder;
    }
}
