package dev.holdfast.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.serde.Serde;
import dev.holdfast.serde.msgpack.MessagePackSerde;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.jackson.dataformat.MessagePackMapper;
import org.msgpack.jackson.dataformat.TimestampExtensionModule;

/**
 * Records as MessagePack: Holdfast's serde against the Jackson module and against msgpack-core written by hand, in one JVM. In each
 * round every contender runs for a while, one after the other, and is compared with its neighbours of that round, by processor time: so
 * a busy machine hits all alike. Prints medians of the rounds, with the least and greatest.
 *
 * <p>By hand means: names written and read as text in the order of the class, nothing checked, and a packer that is used again.
 */
public final class SerdeBenchmark {
    record Line(String article, int quantity, double price) {}

    record Order(
            String id,
            String customer,
            long number,
            boolean paid,
            Instant created,
            List<Line> lines,
            Map<String, String> labels,
            String comment) {}

    /** About what a session or a counter is. */
    record Small(String user, long count, Instant last, boolean active) {}

    private static final int ROUNDS = 15;
    private static final long NANOS_PER_TURN = 120_000_000;

    private static volatile @Nullable Object sink;

    private SerdeBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        Small small = new Small("user-4711", 123_456_789L, Instant.ofEpochSecond(1_790_000_000, 123_000_000), true);
        System.out.println("| what | bytes | against | ratio | least | greatest | ns ours | ns theirs |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        compare("small record", small, Small.class, new SmallByHand());
        compare("order of 3 lines", order(3), Order.class, new OrderByHand());
        compare("order of 50 lines", order(50), Order.class, new OrderByHand());
        System.out.println();
        System.out.println(Place.machine() + ", commit " + Place.commit() + ", " + ROUNDS + " rounds");
    }

    private static Order order(int lines) {
        List<Line> all = new ArrayList<>();
        for (int i = 0; i < lines; i++) {
            all.add(new Line("article-" + i * 7919, i % 9 + 1, 1.25 * i));
        }
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("channel", "web");
        labels.put("country", "DE");
        return new Order(
                "0b5e1c6e-8a0f-4f3e",
                "Grace Hopper",
                4_711_000_815L,
                true,
                Instant.ofEpochSecond(1_790_000_000, 5_000),
                all,
                labels,
                "leave it with the neighbours, please");
    }

    private static <T> void compare(String what, T value, Class<T> type, Serde<T> byHand) {
        Serde<T> ours = MessagePackSerde.of(type);
        Serde<T> jackson = new Jackson<>(type);
        List<Serde<T>> contenders = List.of(ours, jackson, byHand);
        for (Serde<T> each : contenders) {
            if (!each.decode(each.encode(value)).equals(value)) {
                throw new AssertionError(each + " does not give the value back");
            }
        }
        report(what + ", write", ours.encode(value).length, encode(contenders, value));
        report(what + ", read", ours.encode(value).length, decode(contenders, value));
    }

    private static <T> double[][] encode(List<Serde<T>> contenders, T value) {
        List<Runnable> works = new ArrayList<>();
        contenders.forEach(each -> works.add(() -> sink = each.encode(value)));
        return rounds(works);
    }

    private static <T> double[][] decode(List<Serde<T>> contenders, T value) {
        List<Runnable> works = new ArrayList<>();
        contenders.forEach(each -> {
            byte[] bytes = each.encode(value);
            works.add(() -> sink = each.decode(bytes));
        });
        return rounds(works);
    }

    /** Nanoseconds of each work in each round. */
    private static double[][] rounds(List<Runnable> works) {
        double[][] nanos = new double[works.size()][ROUNDS];
        for (int round = -ROUNDS / 3; round < ROUNDS; round++) {
            for (int turn = 0; turn < works.size(); turn++) {
                int which = round % 2 == 0 ? turn : works.size() - 1 - turn;
                double measured = nanosPerOperation(works.get(which));
                if (round >= 0) {
                    nanos[which][round] = measured;
                }
            }
        }
        return nanos;
    }

    private static double nanosPerOperation(Runnable work) {
        long start = CpuTime.ofThread();
        long operations = 0;
        long used;
        do {
            for (int i = 0; i < 500; i++) {
                work.run();
            }
            operations += 500;
            used = CpuTime.ofThread() - start;
        } while (used < NANOS_PER_TURN);
        return (double) used / operations;
    }

    private static void report(String what, int bytes, double[][] nanos) {
        String[] names = {"", "Jackson", "by hand"};
        for (int other = 1; other < nanos.length; other++) {
            double[] ratios = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                ratios[round] = nanos[other][round] / nanos[0][round];
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %d | %s | %.2f | %.2f | %.2f | %.0f | %.0f |%n",
                    what,
                    bytes,
                    names[other],
                    median(ratios),
                    Arrays.stream(ratios).min().orElseThrow(),
                    Arrays.stream(ratios).max().orElseThrow(),
                    median(nanos[0]),
                    median(nanos[other]));
        }
    }

    private static double median(double[] measured) {
        double[] sorted = measured.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** The Jackson module as it comes, with its module for timestamps. */
    private static final class Jackson<T> implements Serde<T> {
        private final ObjectMapper mapper = new MessagePackMapper().registerModule(TimestampExtensionModule.INSTANCE);
        private final Class<T> type;

        Jackson(Class<T> type) {
            this.type = type;
        }

        @Override
        public byte[] encode(T value) {
            try {
                return mapper.writeValueAsBytes(value);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public T decode(byte[] bytes) {
            try {
                return mapper.readValue(bytes, type);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What somebody would write with msgpack-core for one class. One thread at a time. */
    private abstract static class ByHand<T> implements Serde<T> {
        private final MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();

        @Override
        public final byte[] encode(T value) {
            try {
                packer.clear();
                write(packer, value);
                return packer.toByteArray();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public final T decode(byte[] bytes) {
            try (MessageUnpacker in = MessagePack.newDefaultUnpacker(bytes)) {
                return read(in);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        abstract void write(MessageBufferPacker out, T value) throws IOException;

        abstract T read(MessageUnpacker in) throws IOException;
    }

    private static final class SmallByHand extends ByHand<Small> {
        @Override
        void write(MessageBufferPacker out, Small value) throws IOException {
            out.packMapHeader(4).packString("user").packString(value.user());
            out.packString("count").packLong(value.count());
            out.packString("last").packTimestamp(value.last());
            out.packString("active").packBoolean(value.active());
        }

        @Override
        Small read(MessageUnpacker in) throws IOException {
            in.unpackMapHeader();
            in.unpackString();
            String user = in.unpackString();
            in.unpackString();
            long count = in.unpackLong();
            in.unpackString();
            Instant last = in.unpackTimestamp();
            in.unpackString();
            return new Small(user, count, last, in.unpackBoolean());
        }
    }

    private static final class OrderByHand extends ByHand<Order> {
        @Override
        void write(MessageBufferPacker out, Order value) throws IOException {
            out.packMapHeader(8).packString("id").packString(value.id());
            out.packString("customer").packString(value.customer());
            out.packString("number").packLong(value.number());
            out.packString("paid").packBoolean(value.paid());
            out.packString("created").packTimestamp(value.created());
            out.packString("lines").packArrayHeader(value.lines().size());
            for (Line line : value.lines()) {
                out.packMapHeader(3).packString("article").packString(line.article());
                out.packString("quantity").packInt(line.quantity());
                out.packString("price").packDouble(line.price());
            }
            out.packString("labels").packMapHeader(value.labels().size());
            for (Map.Entry<String, String> label : value.labels().entrySet()) {
                out.packString(label.getKey()).packString(label.getValue());
            }
            out.packString("comment").packString(value.comment());
        }

        @Override
        Order read(MessageUnpacker in) throws IOException {
            in.unpackMapHeader();
            in.unpackString();
            String id = in.unpackString();
            in.unpackString();
            String customer = in.unpackString();
            in.unpackString();
            long number = in.unpackLong();
            in.unpackString();
            boolean paid = in.unpackBoolean();
            in.unpackString();
            Instant created = in.unpackTimestamp();
            in.unpackString();
            int lines = in.unpackArrayHeader();
            List<Line> all = new ArrayList<>(lines);
            for (int i = 0; i < lines; i++) {
                in.unpackMapHeader();
                in.unpackString();
                String article = in.unpackString();
                in.unpackString();
                int quantity = in.unpackInt();
                in.unpackString();
                all.add(new Line(article, quantity, in.unpackDouble()));
            }
            in.unpackString();
            int labels = in.unpackMapHeader();
            Map<String, String> byName = new LinkedHashMap<>();
            for (int i = 0; i < labels; i++) {
                byName.put(in.unpackString(), in.unpackString());
            }
            in.unpackString();
            return new Order(id, customer, number, paid, created, all, byName, in.unpackString());
        }
    }
}
