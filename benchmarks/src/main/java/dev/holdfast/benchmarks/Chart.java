package dev.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * Curves of results over the points of their axis: throughput and what an operation costs, side by side, both axes logarithmic. Drawings bring
 * colours for light and dark pages, whichever the reader prefers.
 */
final class Chart {
    private static final int WIDTH = 420;
    private static final int HEIGHT = 260;
    private static final int LEFT = 70;
    private static final int TOP = 56;
    private static final int GAP = 110;
    private static final int BELOW = 56;
    private static final int LINE = 20;
    /** Told apart by most eyes, on white and on black; Holdfast has the first. */
    private static final int COLOURS = 8;

    private static final String STYLE =
            """
            <style>
              svg { background: #fff; font: 13px system-ui, sans-serif; fill: #24292f; }
              .title { font-weight: 600; font-size: 15px; }
              .grid { stroke: #d0d7de; } .axis { stroke: #57606a; }
              .curve { fill: none; stroke-width: 2.2; }
              .c0 { stroke: #0550ae; } .c1 { stroke: #57606a; } .c2 { stroke: #bc4c00; } .c3 { stroke: #1a7f37; }
              .c4 { stroke: #8250df; } .c5 { stroke: #bf3989; } .c6 { stroke: #9a6700; } .c7 { stroke: #1b7c83; }
              .dash { stroke-dasharray: 6 4; }
              @media (prefers-color-scheme: dark) {
                svg { background: #0d1117; fill: #e6edf3; }
                .grid { stroke: #30363d; } .axis { stroke: #8b949e; }
                .c0 { stroke: #58a6ff; } .c1 { stroke: #b1bac4; } .c2 { stroke: #ffa657; } .c3 { stroke: #56d364; }
                .c4 { stroke: #d2a8ff; } .c5 { stroke: #ff9bce; } .c6 { stroke: #e3b341; } .c7 { stroke: #56d4dd; }
              }
            </style>
            """;

    private record Panel(String axis, ToDoubleFunction<Result> value) {}

    private static final Panel COST = new Panel(
            "processor time of client and server, µs per operation",
            result -> result.clientMicros() + (Double.isNaN(result.serverMicros()) ? 0 : result.serverMicros()));
    private static final List<Panel> OF_SPEED = List.of(new Panel("operations per second", Result::perSecond), COST);
    /** Where an operation is a second: of that there is one a second, whoever does it. */
    private static final List<Panel> OF_HELD = List.of(
            new Panel("commands a second", Result::commands), new Panel("processor time, µs a second", COST.value()));

    private final List<Result> results;
    /** By contender, then by point; Holdfast first. */
    private final Map<String, TreeMap<Integer, Result>> curves = new LinkedHashMap<>();

    private final StringBuilder svg = new StringBuilder();

    private Chart(List<Result> results) {
        this.results = results;
        results.stream()
                .sorted(Comparator.comparing(result -> !result.contender().equals("holdfast")))
                .forEach(result -> curves.computeIfAbsent(result.contender(), absent -> new TreeMap<>())
                        .put(result.x(), result));
    }

    /** Draws each scenario that has at least two points, and answers where. */
    static List<Path> draw(List<Result> results, Path folder) throws IOException {
        Map<String, List<Result>> scenarios = new LinkedHashMap<>();
        // A logarithmic axis has no place for zero.
        results.stream().filter(result -> result.x() > 0).forEach(result -> scenarios
                .computeIfAbsent(result.scenario(), absent -> new ArrayList<>())
                .add(result));
        List<Path> drawn = new ArrayList<>();
        for (Map.Entry<String, List<Result>> scenario : scenarios.entrySet()) {
            if (scenario.getValue().stream().map(Result::x).distinct().count() > 1) {
                Path file = folder.resolve(scenario.getKey() + ".svg");
                Files.writeString(file, new Chart(scenario.getValue()).svg());
                drawn.add(file);
            }
        }
        return drawn;
    }

    private String svg() {
        Result first = results.get(0);
        int width = LEFT + WIDTH + GAP + WIDTH + 30;
        int height = TOP + HEIGHT + BELOW + LINE * ((curves.size() + 3) / 4) + 10;
        add(
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d' role='img' aria-label='%s'>",
                width, height, width, height, escaped(first.scenario() + ": " + first.title()));
        svg.append(STYLE);
        add("<text class='title' x='%d' y='24'>%s</text>", LEFT, escaped(first.scenario() + ": " + first.title()));
        List<Panel> panels = first.scenario().endsWith("-held") ? OF_HELD : OF_SPEED;
        for (int i = 0; i < panels.size(); i++) {
            panel(panels.get(i), LEFT + i * (WIDTH + GAP), first.axis());
        }
        int number = 0;
        for (String contender : curves.keySet()) {
            int x = LEFT + number % 4 * 235;
            int y = TOP + HEIGHT + BELOW + LINE * (number / 4) + 4;
            add("<line class='curve %s' x1='%d' y1='%d' x2='%d' y2='%d'/>", look(number), x, y - 4, x + 28, y - 4);
            add("<text x='%d' y='%d'>%s</text>", x + 36, y, escaped(contender));
            number++;
        }
        svg.append("</svg>\n");
        return svg.toString();
    }

    private void panel(Panel panel, int left, String axis) {
        double[] values = results.stream().mapToDouble(panel.value()).toArray();
        Scale y = new Scale(values, TOP + HEIGHT, TOP);
        Scale x = new Scale(results.stream().mapToDouble(Result::x).toArray(), left, left + WIDTH);
        add("<text x='%d' y='%d'>%s</text>", left, TOP - 12, escaped(panel.axis()));
        for (double tick : y.ticks()) {
            add("<line class='grid' x1='%d' y1='%.1f' x2='%d' y2='%.1f'/>", left, y.at(tick), left + WIDTH, y.at(tick));
            add("<text x='%d' y='%.1f' text-anchor='end'>%s</text>", left - 8, y.at(tick) + 4, number(tick));
        }
        for (int point : results.stream().map(Result::x).distinct().sorted().toList()) {
            add(
                    "<line class='axis' x1='%.1f' y1='%d' x2='%.1f' y2='%d'/>",
                    x.at(point), TOP + HEIGHT, x.at(point), TOP + HEIGHT + 5);
            add("<text x='%.1f' y='%d' text-anchor='middle'>%s</text>", x.at(point), TOP + HEIGHT + 19, number(point));
        }
        add("<line class='axis' x1='%d' y1='%d' x2='%d' y2='%d'/>", left, TOP + HEIGHT, left + WIDTH, TOP + HEIGHT);
        add("<text x='%d' y='%d' text-anchor='middle'>%s</text>", left + WIDTH / 2, TOP + HEIGHT + 36, escaped(axis));
        int curve = 0;
        for (TreeMap<Integer, Result> points : curves.values()) {
            StringBuilder path = new StringBuilder();
            for (Result point : points.values()) {
                path.append(String.format(
                        Locale.ROOT,
                        "%s%.1f %.1f",
                        path.isEmpty() ? "M" : " L",
                        x.at(point.x()),
                        y.at(panel.value().applyAsDouble(point))));
            }
            add("<path class='curve %s' d='%s'/>", look(curve++), path);
        }
    }

    private static String look(int number) {
        return "c" + number % COLOURS + (number < COLOURS ? "" : " dash");
    }

    /** As 250, 2.5k or 2.5M. */
    private static String number(double value) {
        if (value >= 1e6) {
            return plain(value / 1e6) + "M";
        }
        return value >= 10_000 ? plain(value / 1e3) + "k" : plain(value);
    }

    private static String plain(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%s", value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;");
    }

    private void add(String form, Object... values) {
        svg.append(String.format(Locale.ROOT, form, values)).append('\n');
    }

    /** From values to places, logarithmic. */
    private static final class Scale {
        private final double least;
        private final double greatest;
        private final double from;
        private final double to;

        Scale(double[] values, double from, double to) {
            least = DoubleStream.of(values).min().orElse(1) / 1.1;
            greatest = DoubleStream.of(values).max().orElse(10) * 1.1;
            this.from = from;
            this.to = to;
        }

        double at(double value) {
            return from + (to - from) * Math.log(value / least) / Math.log(greatest / least);
        }

        /** Powers of ten, with as many steps between them as there is room for. */
        List<Double> ticks() {
            double[] steps = greatest / least > 1_000
                    ? new double[] {1}
                    : greatest / least > 10 ? new double[] {1, 2, 5} : new double[] {1, 1.5, 2, 3, 4, 5, 6, 7, 8};
            List<Double> ticks = new ArrayList<>();
            for (int power = (int) Math.floor(Math.log10(least)); power <= Math.log10(greatest); power++) {
                for (double step : steps) {
                    double tick = step * Math.pow(10, power);
                    if (tick >= least && tick <= greatest) {
                        // Without the last digit of a power that is not exact.
                        ticks.add(Math.round(tick * 1e6) / 1e6);
                    }
                }
            }
            return ticks;
        }
    }
}
