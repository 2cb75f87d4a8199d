package dev.holdfast.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Results as tables that are read in a terminal and pasted into a page. Columns that nobody measured are left out. */
final class Report {
    private record Column(String head, Function<Result, String> cell) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("contender", Result::contender),
            new Column("ratio", result -> text("%.2f", result.ratio())),
            new Column("least", result -> text("%.2f", result.least())),
            new Column("greatest", result -> text("%.2f", result.greatest())),
            new Column("goal", Report::goal),
            new Column("per second", result -> text(result.perSecond() < 10 ? "%.1f" : "%,.0f", result.perSecond())),
            new Column("p50 µs", result -> latency(result, Result::p50Micros)),
            new Column("p99 µs", result -> latency(result, Result::p99Micros)),
            new Column("p99.9 µs", result -> latency(result, Result::p999Micros)),
            new Column("client µs", result -> text("%.2f", result.clientMicros())),
            new Column("server µs", result -> text("%.2f", result.serverMicros())),
            new Column("commands", result -> text("%.2f", result.commands())),
            new Column("bytes", result -> text("%,.0f", result.allocatedBytes())),
            new Column("taken in ms", result -> text("%,.0f", result.takenMillis())),
            new Column("one more", result -> text("%.2f", result.nextRatio())),
            new Column("heap of one", result -> text("%,.0f", result.heldBytes())));
    private static final List<Column> OF_CONTENDED = List.of(
            new Column("spread", result -> text("%.2f", result.spread())),
            new Column("hand-over µs", result -> text("%,.0f", result.handOverMicros())),
            new Column("p99 wait µs", result -> text("%,.0f", result.p99WaitMicros())));

    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    /** All contenders of one point. */
    void table(List<Result> results) {
        Result first = results.get(0);
        out.printf(
                Locale.ROOT,
                "%n### %s: %s; %s: %,d%n%nRatio to %s%s.%n%n",
                first.scenario(),
                first.title(),
                first.axis(),
                first.x(),
                first.base(),
                Double.isNaN(first.pace())
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "; latency at %,.0f calls a second, half of what the slowest can",
                                first.pace()));
        List<Column> columns = new ArrayList<>(COLUMNS);
        if (!Double.isNaN(first.handOverMicros())) {
            columns.addAll(OF_CONTENDED);
        }
        columns.removeIf(column ->
                results.stream().allMatch(result -> column.cell().apply(result).isEmpty()));
        List<List<String>> rows = new ArrayList<>();
        rows.add(columns.stream().map(Column::head).toList());
        results.forEach(result -> rows.add(
                columns.stream().map(column -> column.cell().apply(result)).toList()));
        print(rows);
    }

    /** Rows of equal length, the first of them heads; the first column is text, the others numbers. */
    void print(List<List<String>> rows) {
        int[] widths = new int[rows.get(0).size()];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        for (int number = 0; number < rows.size(); number++) {
            StringBuilder line = new StringBuilder("|");
            StringBuilder rule = new StringBuilder("|");
            for (int i = 0; i < widths.length; i++) {
                String cell = rows.get(number).get(i);
                String room = " ".repeat(widths[i] - cell.length());
                line.append(' ').append(i == 0 ? cell + room : room + cell).append(" |");
                rule.append("-".repeat(widths[i] + 1)).append(i == 0 ? "-|" : ":|");
            }
            out.println(line);
            if (number == 0) {
                out.println(rule);
            }
        }
        out.flush();
    }

    private static String goal(Result result) {
        return Double.isNaN(result.goal())
                ? ""
                : String.format(
                        Locale.ROOT, "%.2f %s", result.goal(), result.ratio() >= result.goal() ? "met" : "missed");
    }

    private static String latency(Result result, ToDoubleFunction<Result> part) {
        double micros = part.applyAsDouble(result);
        return Double.isNaN(micros) ? "" : result.late() ? "late" : text("%,.0f", micros);
    }

    private static String text(String form, double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, form, value);
    }
}
