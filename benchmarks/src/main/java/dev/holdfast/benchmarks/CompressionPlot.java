package dev.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws what is left of each data set against the speed of compressing it, a point for each codec. */
final class CompressionPlot {
    private static final Map<String, String> COLOURS = Map.of("lz4", "#1f77b4", "snappy", "#ff7f0e", "zstd", "#2ca02c");
    private static final int LEFT = 70;
    private static final int TOP = 20;
    private static final int WIDTH = 560;
    private static final int HEIGHT = 340;
    private static final double LEAST_MBS = 30;
    private static final double MOST_MBS = 10_000;

    private CompressionPlot() {}

    /** One codec on one data set; speeds in megabytes of plain value per second of processor time. */
    record Point(String set, String codec, double ratio, double compressMbs, double decompressMbs) {}

    static void draw(List<Point> points, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        add(
                lines,
                "<svg xmlns='http://www.w3.org/2000/svg' width='860' height='420' font-family='sans-serif' font-size='12'>");
        add(lines, "<rect width='860' height='420' fill='white'/>");
        for (double ratio = 0; ratio <= 1.001; ratio += 0.2) {
            double y = y(ratio);
            add(lines, "<line x1='%d' y1='%.1f' x2='%d' y2='%.1f' stroke='#ddd'/>", LEFT, y, LEFT + WIDTH, y);
            add(lines, "<text x='%d' y='%.1f' text-anchor='end'>%.1f</text>", LEFT - 8, y + 4, ratio);
        }
        for (int mbs : new int[] {30, 100, 300, 1_000, 3_000, 10_000}) {
            double x = x(mbs);
            add(lines, "<line x1='%.1f' y1='%d' x2='%.1f' y2='%d' stroke='#ddd'/>", x, TOP, x, TOP + HEIGHT);
            add(lines, "<text x='%.1f' y='%d' text-anchor='middle'>%,d</text>", x, TOP + HEIGHT + 18, mbs);
        }
        add(
                lines,
                "<text x='%d' y='%d' text-anchor='middle'>compress, MB per CPU second</text>",
                LEFT + WIDTH / 2,
                400);
        add(
                lines,
                "<text x='18' y='%d' text-anchor='middle' transform='rotate(-90 18 %d)'>stored / plain</text>",
                TOP + HEIGHT / 2,
                TOP + HEIGHT / 2);
        List<String> sets = points.stream().map(Point::set).distinct().toList();
        for (Point point : points) {
            double x = x(point.compressMbs());
            double y = y(point.ratio());
            add(lines, "<circle cx='%.1f' cy='%.1f' r='9' fill='%s'/>", x, y, colour(point.codec()));
            add(
                    lines,
                    "<text x='%.1f' y='%.1f' text-anchor='middle' fill='white'>%d</text>",
                    x,
                    y + 4,
                    sets.indexOf(point.set()) + 1);
        }
        int y = TOP + 10;
        for (String codec : points.stream().map(Point::codec).distinct().toList()) {
            add(
                    lines,
                    "<circle cx='660' cy='%d' r='7' fill='%s'/><text x='674' y='%d'>%s</text>",
                    y,
                    colour(codec),
                    y + 4,
                    codec);
            y += 22;
        }
        for (int i = 0; i < sets.size(); i++) {
            y += 22;
            add(lines, "<text x='655' y='%d'>%d  %s</text>", y, i + 1, sets.get(i));
        }
        add(lines, "</svg>");
        Files.write(file, lines);
    }

    private static String colour(String codec) {
        return COLOURS.getOrDefault(codec, "#7f7f7f");
    }

    private static double x(double mbs) {
        double part =
                Math.log(Math.min(MOST_MBS, Math.max(LEAST_MBS, mbs)) / LEAST_MBS) / Math.log(MOST_MBS / LEAST_MBS);
        return LEFT + WIDTH * part;
    }

    private static double y(double ratio) {
        return TOP + HEIGHT * (1 - ratio);
    }

    private static void add(List<String> lines, String form, Object... values) {
        lines.add(values.length == 0 ? form : String.format(Locale.ROOT, form, values));
    }
}
