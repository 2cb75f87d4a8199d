package dev.holdfast.tck;

import dev.holdfast.history.Add;
import dev.holdfast.history.Event;
import dev.holdfast.history.FencedWrite;
import dev.holdfast.history.Finding;
import dev.holdfast.history.Grant;
import dev.holdfast.history.HeldSample;
import dev.holdfast.history.Operation;
import dev.holdfast.history.Outcome;
import dev.holdfast.history.SetRead;
import dev.holdfast.history.SnapshotRead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A finding drawn: a lane for each client, a bar for each call from its sending to its return, the time in which a grant entitles its
 * holder, the faults, and the culprits marked.
 *
 * <p>Moments stand at equal distances in their order, not to scale: what matters is which came first, and calls of microseconds stand
 * beside leases of hours. The true times are at the top and in each bar's title.
 */
final class Timeline {
    /** So many events before and after each culprit. */
    private static final int AROUND = 6;

    private static final int NAMES = 92;
    private static final int SLOT = 36;
    private static final int LEFT = 12;
    private static final int TOP = 30;
    private static final int LANE = 52;
    private static final int BAR = 16;
    private static final int MOST_LABEL = 11;
    private static final int FENCE_DIGITS = 5;

    private final Finding finding;
    private final List<Event> shown;
    private final List<RecordedFaults.Fault> faults;
    private final List<String> lanes;
    private final List<Long> moments;
    private final StringBuilder svg = new StringBuilder();

    private Timeline(Finding finding, List<Event> history, List<RecordedFaults.Fault> all) {
        this.finding = finding;
        shown = around(finding.culprits(), history);
        long first = shown.stream().mapToLong(Event::call).min().orElse(0);
        long last = shown.stream()
                .mapToLong(event -> Math.max(event.call(), end(event)))
                .max()
                .orElse(0);
        faults = all.stream()
                .filter(fault -> fault.end() >= first && fault.begin() <= last)
                .toList();
        lanes = shown.stream().map(Event::client).distinct().sorted().toList();
        TreeSet<Long> stamps = new TreeSet<>();
        shown.forEach(event -> addMoments(event, stamps));
        faults.forEach(fault -> {
            stamps.add(Math.max(first, fault.begin()));
            stamps.add(Math.min(last, fault.end()));
        });
        moments = List.copyOf(stamps);
    }

    /** The drawing as an element of a page, whose style sheet colours it. */
    static String of(Finding finding, List<Event> history, List<RecordedFaults.Fault> faults) {
        return new Timeline(finding, history, faults).draw();
    }

    // --- What is shown

    /** The culprits with their neighbours on the same key, lock, scope or set. */
    private static List<Event> around(List<Event> culprits, List<Event> history) {
        List<Event> same = history.stream()
                .filter(event ->
                        culprits.stream().anyMatch(culprit -> subject(culprit).equals(subject(event))))
                .sorted(Comparator.comparingLong(Event::call))
                .toList();
        TreeSet<Integer> wanted = new TreeSet<>();
        for (Event culprit : culprits) {
            int at = same.indexOf(culprit);
            for (int i = Math.max(0, at - AROUND); i <= Math.min(same.size() - 1, at + AROUND); i++) {
                wanted.add(i);
            }
        }
        return wanted.stream().map(same::get).toList();
    }

    /** The key, lock, scope or set that an event is about. */
    static String subject(Event event) {
        if (event instanceof Operation operation) {
            return "key " + operation.key();
        } else if (event instanceof Grant grant) {
            return "lock " + grant.lock();
        } else if (event instanceof HeldSample sample) {
            return "lock " + sample.lock();
        } else if (event instanceof FencedWrite write) {
            return "scope " + write.scope();
        } else if (event instanceof Add add) {
            return "set " + add.set();
        } else if (event instanceof SetRead read) {
            return "set " + read.set();
        }
        return "scope " + ((SnapshotRead) event).scope();
    }

    private static long end(Event event) {
        return event.ret() == Long.MAX_VALUE ? event.call() : event.ret();
    }

    private static void addMoments(Event event, Set<Long> stamps) {
        stamps.add(event.call());
        if (event.ret() != Long.MAX_VALUE) {
            stamps.add(event.ret());
        }
        if (event instanceof Grant grant && grant.outcome() == Outcome.OK) {
            stamps.add(entitledUntil(grant));
        }
    }

    /** The end of the time in which the holder may act, by what it knew. */
    private static long entitledUntil(Grant grant) {
        long until = (grant.sent() == null ? grant.call() : grant.sent()) + grant.leaseNanos();
        for (Grant.Renewal renewal : grant.renewals()) {
            if (renewal.outcome() == Outcome.OK) {
                until = Math.max(until, renewal.call() + renewal.leaseNanos());
            }
        }
        Grant.End end = grant.end();
        return end == null ? until : Math.min(until, end.call());
    }

    // --- How it is drawn

    private String draw() {
        int rows = lanes.size() + (faults.isEmpty() ? 0 : 1);
        int width = LEFT + (moments.size() + 1) * SLOT;
        int height = TOP + rows * LANE + 4;
        // The names apart, so that they stay where they are when the rest is scrolled.
        begin("names", NAMES, height, "clients");
        for (int lane = 0; lane < rows; lane++) {
            text("lane", 6, TOP + lane * LANE + 32, lane < lanes.size() ? lanes.get(lane) : "faults");
            line(0, TOP + lane * LANE, NAMES, TOP + lane * LANE);
        }
        svg.append("</svg>");
        begin("timeline", width, height, finding.message());
        svg.append("<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"")
                .append(
                        " patternTransform=\"rotate(45)\"><rect width=\"2\" height=\"6\" class=\"hatch\"/></pattern></defs>");
        axis(height);
        for (int lane = 0; lane < rows; lane++) {
            line(0, TOP + lane * LANE, width, TOP + lane * LANE);
        }
        faults.forEach(this::fault);
        // Culprits last, so that they lie on top.
        shown.stream().filter(event -> culprit(event) == 0).forEach(this::event);
        shown.stream().filter(event -> culprit(event) > 0).forEach(this::event);
        return svg.append("</svg>").toString();
    }

    private void begin(String type, int width, int height, String label) {
        svg.append(String.format(
                Locale.ROOT,
                "<svg class=\"%s\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
                type,
                width,
                height,
                width,
                height,
                Html.escape(label)));
    }

    /** A time at every fourth moment, counted from the first. */
    private void axis(int height) {
        for (int i = 0; i < moments.size(); i += 4) {
            int x = LEFT + i * SLOT;
            text("time", x, 14, "+" + duration(moments.get(i) - moments.get(0)));
            line(x, 18, x, height);
        }
    }

    private void event(Event event) {
        int y = TOP + lanes.indexOf(event.client()) * LANE + 20;
        int from = x(event.call());
        boolean open = event.ret() == Long.MAX_VALUE;
        int to = open ? LEFT + moments.size() * SLOT : x(event.ret());
        int culprit = culprit(event);
        svg.append("<g class=\"")
                .append(event.outcome().name().toLowerCase(Locale.ROOT))
                .append(culprit > 0 ? " culprit" : "")
                .append("\"><title>")
                .append(Html.escape(told(event)))
                .append("</title>");
        if (event instanceof Grant grant && grant.outcome() == Outcome.OK) {
            entitled(grant, y);
        }
        rect(open ? "bar open" : "bar", from, y, Math.max(culprit > 0 ? 16 : 6, to - from), BAR);
        text("label", from, y - 5, shortened(label(event)));
        if (culprit > 0) {
            text("number", from + 5, y + BAR - 4, Integer.toString(culprit));
        }
        svg.append("</g>");
    }

    private void entitled(Grant grant, int y) {
        int from = x(grant.ret());
        int to = Math.max(from + 4, x(entitledUntil(grant)));
        rect("entitled", from, y + BAR + 2, to - from, 8);
    }

    private void fault(RecordedFaults.Fault fault) {
        int y = TOP + lanes.size() * LANE + 20;
        int from = x(Math.max(moments.get(0), fault.begin()));
        int to = x(Math.min(moments.get(moments.size() - 1), fault.end()));
        svg.append("<g class=\"fault\"><title>")
                .append(Html.escape(told(fault)))
                .append("</title>");
        rect("bar", from, y, Math.max(6, to - from), BAR);
        text("label", from, y - 5, fault.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        svg.append("</g>");
    }

    private int x(long moment) {
        int index = moments.indexOf(moment);
        return LEFT + (index < 0 ? moments.size() : index) * SLOT;
    }

    /** The culprit's number, or 0. */
    private int culprit(Event event) {
        return finding.culprits().indexOf(event) + 1;
    }

    private void rect(String type, int x, int y, int width, int height) {
        svg.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>",
                type,
                x,
                y,
                width,
                height));
    }

    private void line(int x1, int y1, int x2, int y2) {
        svg.append(String.format(Locale.ROOT, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", x1, y1, x2, y2));
    }

    private void text(String type, int x, int y, String text) {
        svg.append(String.format(
                Locale.ROOT, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>", type, x, y, Html.escape(text)));
    }

    // --- Words

    private static String shortened(String label) {
        return label.length() <= MOST_LABEL ? label : label.substring(0, MOST_LABEL - 1) + "…";
    }

    private static String label(Event event) {
        if (event instanceof Operation operation) {
            return switch (operation.kind()) {
                case GET -> "get " + shown(operation.value());
                case PUT -> "put " + shown(operation.value());
                case PUT_IF_ABSENT -> "new " + shown(operation.value());
                case COMPARE_AND_SET -> shown(operation.expected()) + "→" + shown(operation.value());
                case DELETE -> "delete";
                case EXPIRE -> "end of " + shown(operation.expected());
            };
        } else if (event instanceof Grant grant) {
            return grant.outcome() == Outcome.OK ? "lock " + fence(grant.fence()) : "lock";
        } else if (event instanceof HeldSample sample) {
            return sample.outcome() == Outcome.OK ? "held" : "not held";
        } else if (event instanceof FencedWrite write) {
            String mark = write.outcome() == Outcome.OK ? "▲ " : write.outcome() == Outcome.REFUSED ? "▼ " : "";
            return mark + fence(write.fence());
        } else if (event instanceof Add add) {
            return "add " + add.element();
        } else if (event instanceof SetRead read) {
            return "read " + read.elements().size();
        }
        return "read " + new TreeSet<>(((SnapshotRead) event).generations().values());
    }

    private static String shown(@Nullable String value) {
        return value == null ? "∅" : value;
    }

    /** The last digits, which tell fences of one history apart. */
    private static String fence(long fence) {
        String digits = Long.toString(fence);
        return digits.length() <= FENCE_DIGITS ? digits : "…" + digits.substring(digits.length() - FENCE_DIGITS);
    }

    /** An event in full, with times from the first moment shown. */
    private String told(Event event) {
        List<String> words = new ArrayList<>(List.of(event.client(), subject(event), label(event)));
        if (event instanceof Grant grant && grant.outcome() == Outcome.OK) {
            words.add("fence " + grant.fence());
            words.add("lease " + duration(grant.leaseNanos()));
        } else if (event instanceof FencedWrite write) {
            words.add("fence " + write.fence());
        }
        words.add(event.outcome().name().toLowerCase(Locale.ROOT));
        words.add("called +" + duration(event.call() - moments.get(0)));
        words.add(
                event.ret() == Long.MAX_VALUE
                        ? "never returned"
                        : "returned +" + duration(event.ret() - moments.get(0)));
        return String.join(", ", words);
    }

    /** A fault with its true times, also where it reaches beyond what is drawn. */
    private String told(RecordedFaults.Fault fault) {
        String ended = fault.end() == Long.MAX_VALUE ? "never healed" : "until " + signed(fault.end() - moments.get(0));
        return fault.kind() + ", from " + signed(fault.begin() - moments.get(0)) + ", " + ended;
    }

    private static String signed(long nanos) {
        return nanos < 0 ? "-" + duration(-nanos) : "+" + duration(nanos);
    }

    /** The culprits in words, in the order of their numbers. */
    static List<String> culprits(Finding finding, List<Event> history) {
        Timeline timeline = new Timeline(finding, history, List.of());
        return finding.culprits().stream().map(timeline::told).toList();
    }

    private static String duration(long nanos) {
        if (nanos < 1_000_000) {
            return String.format(Locale.ROOT, "%.1f µs", nanos / 1e3);
        }
        return nanos < 10_000_000_000L
                ? String.format(Locale.ROOT, "%.2f ms", nanos / 1e6)
                : String.format(Locale.ROOT, "%.0f s", nanos / 1e9);
    }
}
