package dev.holdfast.serde.msgpack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is stored comes back equal, or is refused when it is stored. */
@SuppressWarnings({"ArrayRecordComponent", "NullOptional"}) // the one is stored, the other refused
class RoundTripTest {
    private static <T> T roundTrip(Class<T> type, T value) {
        MessagePackSerde<T> serde = MessagePackSerde.of(type);
        T back = serde.decode(serde.encode(value));
        assertEquals(value, back);
        return back;
    }

    private static <T> void each(Class<T> type, List<? extends T> values) {
        values.forEach(value -> roundTrip(type, value));
    }

    private static String refusal(Class<?> type, Object value) {
        @SuppressWarnings("unchecked")
        MessagePackSerde<Object> serde = (MessagePackSerde<Object>) MessagePackSerde.of(type);
        return assertThrows(IllegalArgumentException.class, () -> serde.encode(value))
                .getMessage();
    }

    // --- Numbers and texts

    @Test
    void integers_ofEverySize() {
        for (int shift = 0; shift < 64; shift++) {
            for (long near = -2; near <= 2; near++) {
                roundTrip(Long.class, (1L << shift) + near);
                roundTrip(Long.class, -(1L << shift) + near);
                roundTrip(Integer.class, (int) ((1L << shift % 32) + near));
            }
        }
        each(Short.class, List.of(Short.MIN_VALUE, (short) -1, Short.MAX_VALUE));
        each(Byte.class, List.of(Byte.MIN_VALUE, (byte) 0, Byte.MAX_VALUE));
        each(Character.class, List.of('a', '\0', '\uD800', '\uFFFF'));
        each(Boolean.class, List.of(true, false));
        each(long.class, List.of(42L));
    }

    @Test
    void floatingPoint_toTheBit() {
        for (double value :
                new double[] {0.0, -0.0, 1.1, Double.MIN_VALUE, Double.MAX_VALUE, Double.NaN, 1 / 0.0, -1 / 0.0}) {
            assertEquals(Double.doubleToRawLongBits(value), Double.doubleToRawLongBits(roundTrip(Double.class, value)));
            assertEquals(Float.floatToRawIntBits((float) value), Float.floatToRawIntBits(roundTrip(Float.class, (float)
                    value)));
        }
    }

    @Test
    void bigNumbers_withTheirScale() {
        each(
                BigDecimal.class,
                List.of(
                        new BigDecimal("1.10"),
                        new BigDecimal("1.1"),
                        new BigDecimal("-0.000"),
                        new BigDecimal("1E+2147483647"),
                        new BigDecimal("1E-2147483647"),
                        new BigDecimal("9".repeat(1_000) + ".5")));
        BigInteger two = BigInteger.TWO;
        each(
                BigInteger.class,
                List.of(
                        BigInteger.ZERO,
                        two.pow(63).subtract(BigInteger.ONE),
                        two.pow(63),
                        two.pow(64).subtract(BigInteger.ONE),
                        two.pow(64),
                        two.pow(63).negate(),
                        two.pow(63).negate().subtract(BigInteger.ONE),
                        two.pow(5_000)));
    }

    @Test
    void texts_ofEveryLengthAndScript() {
        for (int length : new int[] {0, 1, 31, 32, 95, 96, 97, 255, 256, 65_535, 65_536}) {
            roundTrip(String.class, "a".repeat(length));
            roundTrip(String.class, "é".repeat(length));
        }
        each(
                String.class,
                List.of(
                        "?",
                        "é?",
                        "\0",
                        "\uFFFD",
                        "a\uFFFD",
                        "😀",
                        "👩‍👩‍👧",
                        "\u202E",
                        "İ",
                        "\uFEFF",
                        "a".repeat(200) + "?"));
    }

    @Test
    void halfASurrogatePair_isRefused() {
        for (String text : List.of("\uD800", "a\uDFFF?", "?\uD800", "x".repeat(300) + "\uD83D")) {
            assertTrue(refusal(String.class, text).contains("half of a surrogate pair"));
        }
    }

    @Test
    void dates() {
        each(
                Instant.class,
                List.of(
                        Instant.EPOCH,
                        Instant.MIN,
                        Instant.MAX,
                        Instant.ofEpochSecond(0xffff_ffffL),
                        Instant.ofEpochSecond(0x1_0000_0000L),
                        Instant.ofEpochSecond((1L << 34) - 1, 999_999_999),
                        Instant.ofEpochSecond(1L << 34),
                        Instant.ofEpochSecond(-1, 1)));
        each(LocalDate.class, List.of(LocalDate.MIN, LocalDate.MAX, LocalDate.of(2024, 2, 29)));
        each(LocalTime.class, List.of(LocalTime.MIN, LocalTime.MAX, LocalTime.of(7, 30)));
        each(LocalDateTime.class, List.of(LocalDateTime.MIN, LocalDateTime.MAX));
        each(OffsetDateTime.class, List.of(OffsetDateTime.MIN, OffsetDateTime.MAX));
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        ZonedDateTime twice = ZonedDateTime.of(2024, 10, 27, 2, 30, 0, 1, berlin);
        each(ZonedDateTime.class, List.of(twice.withEarlierOffsetAtOverlap(), twice.withLaterOffsetAtOverlap()));
        each(ZoneId.class, List.of(berlin, ZoneOffset.UTC, ZoneId.of("UTC+2")));
        each(ZoneOffset.class, List.of(ZoneOffset.MIN, ZoneOffset.MAX));
        each(
                Duration.class,
                List.of(
                        Duration.ZERO,
                        Duration.ofNanos(-1),
                        Duration.ofSeconds(Long.MIN_VALUE),
                        Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)));
        each(Period.class, List.of(Period.ZERO, Period.of(-1, 2, Integer.MAX_VALUE)));
        each(Year.class, List.of(Year.of(Year.MIN_VALUE), Year.of(Year.MAX_VALUE)));
        each(YearMonth.class, List.of(YearMonth.of(12_345, 6)));
        each(MonthDay.class, List.of(MonthDay.of(2, 29)));
    }

    @Test
    void otherScalars() {
        roundTrip(UUID.class, UUID.randomUUID());
        roundTrip(URI.class, URI.create("https://example.org/a%20b?c=d#e"));
        roundTrip(Currency.class, Currency.getInstance("EUR"));
    }

    @Test
    void binaryAndArrays() {
        MessagePackSerde<byte[]> bytes = MessagePackSerde.of(byte[].class);
        for (int length : new int[] {0, 1, 255, 256, 65_535, 65_536}) {
            byte[] value = new byte[length];
            Arrays.fill(value, (byte) 0xc1);
            assertArrayEquals(value, bytes.decode(bytes.encode(value)));
        }
        record Arrays_(
                boolean[] booleans,
                short[] shorts,
                char[] chars,
                int[] ints,
                long[] longs,
                float[] floats,
                double[] doubles,
                String[][] texts) {}
        MessagePackSerde<Arrays_> serde = MessagePackSerde.of(Arrays_.class);
        Arrays_ value = new Arrays_(
                new boolean[] {true, false},
                new short[] {Short.MIN_VALUE},
                new char[] {'\uD800'},
                new int[] {1, -70_000},
                new long[] {Long.MIN_VALUE},
                new float[] {1.5f},
                new double[] {1.1, Double.NaN},
                new String[][] {{"a"}, {}});
        Arrays_ back = serde.decode(serde.encode(value));
        assertArrayEquals(value.booleans(), back.booleans());
        assertArrayEquals(value.shorts(), back.shorts());
        assertArrayEquals(value.chars(), back.chars());
        assertArrayEquals(value.ints(), back.ints());
        assertArrayEquals(value.longs(), back.longs());
        assertArrayEquals(value.floats(), back.floats());
        assertArrayEquals(value.doubles(), back.doubles());
        assertArrayEquals(value.texts(), back.texts());
    }

    // --- Records

    enum Status {
        OPEN,
        PAID {
            @Override
            boolean isDone() {
                return true;
            }
        };

        boolean isDone() {
            return false;
        }
    }

    record Line(String article, int quantity, BigDecimal price) {}

    record Order(
            UUID id,
            Status status,
            List<Line> lines,
            Map<Integer, List<String>> notes,
            Optional<Instant> paid,
            @Nullable String comment,
            Set<@Nullable String> tags,
            SortedSet<Long> numbers,
            NavigableMap<LocalDate, Double> rates,
            OptionalInt rank,
            OptionalLong weight,
            OptionalDouble share) {}

    private static Order order() {
        Set<@Nullable String> tags = new HashSet<>(Arrays.asList("a", null));
        return new Order(
                new UUID(1, 2),
                Status.PAID,
                List.of(new Line("pen", 2, new BigDecimal("1.10")), new Line("", -1, BigDecimal.ZERO)),
                Map.of(7, List.of("seven"), -7, List.of()),
                Optional.of(Instant.parse("2026-01-02T03:04:05.000000006Z")),
                null,
                tags,
                new TreeSet<>(List.of(3L, 1L)),
                new TreeMap<>(Map.of(LocalDate.EPOCH, 1.5)),
                OptionalInt.of(1),
                OptionalLong.empty(),
                OptionalDouble.of(0.5));
    }

    @Test
    void records_withEverythingInThem() {
        Order back = roundTrip(Order.class, order());
        back.lines().add(new Line("more", 1, BigDecimal.ONE));
        back.notes().put(8, List.of());
    }

    @Test
    void collections_keepTheirOrder() {
        record Ordered(Set<String> names) {}
        List<String> names =
                IntStream.range(0, 100).mapToObj(i -> "n" + i * 31 % 100).toList();
        Ordered back = roundTrip(Ordered.class, new Ordered(new LinkedHashSet<>(names)));
        assertEquals(names, new ArrayList<>(back.names()));
    }

    record Node(int value, List<Node> children, @Nullable Node next) {}

    @Test
    void aTypeMayContainItself() {
        Node leaf = new Node(1, List.of(), null);
        roundTrip(Node.class, new Node(2, List.of(leaf, leaf), new Node(3, List.of(), leaf)));
    }

    record Pair<A, B>(A first, List<B> second, Optional<Pair<A, B>> next) {}

    record Pairs(Pair<String, Integer> texts, Pair<@Nullable Long, List<? extends Number2>> numbers) {}

    record Number2(int value) {}

    @Test
    void genericRecords_whereTheirArgumentsAreNamed() {
        roundTrip(
                Pairs.class,
                new Pairs(
                        new Pair<>("a", List.of(1), Optional.of(new Pair<>("b", List.of(), Optional.empty()))),
                        new Pair<>(null, List.of(List.of(new Number2(4))), Optional.empty())));
    }

    record Empty() {}

    @Test
    void aRecordWithoutComponents() {
        roundTrip(Empty.class, new Empty());
    }

    sealed interface Shape permits Circle, Polygon {}

    record Circle(double radius) implements Shape {}

    sealed interface Polygon extends Shape permits Square, Triangle {}

    record Square(double side) implements Polygon {}

    record Triangle(double a, double b, double c, List<Shape> inside) implements Polygon {}

    record Drawing(List<Shape> shapes, Square own) {}

    @Test
    void sealedHierarchies_byTheNameOfTheClass() {
        roundTrip(
                Drawing.class,
                new Drawing(List.of(new Circle(1), new Triangle(3, 4, 5, List.of(new Square(2)))), new Square(1)));
        roundTrip(Shape.class, new Square(2));
    }

    // --- Plain classes

    static class Base {
        private int id;
    }

    static final class Account extends Base {
        private String owner = "nobody";
        private List<String> notes = new ArrayList<>();

        @Nullable
        String comment;

        transient int cached = 7;

        private Account() {}

        static Account of(int id, String owner) {
            Account account = new Account();
            ((Base) account).id = id;
            account.owner = owner;
            account.notes.add("new");
            return account;
        }
    }

    @Test
    void plainClasses_byTheirFields() {
        MessagePackSerde<Account> serde = MessagePackSerde.of(Account.class);
        Account account = Account.of(3, "ada");
        account.cached = 8;
        Account back = serde.decode(serde.encode(account));
        assertEquals(3, ((Base) back).id);
        assertEquals("ada", back.owner);
        assertEquals(List.of("new"), back.notes);
        assertEquals(7, back.cached);
    }

    // --- Converters

    record Money(long cents) {
        static Money parse(String text) {
            return new Money(Long.parseLong(text));
        }
    }

    @Test
    void convertedTypes() {
        record Bill(Money total, Map<Money, Money> parts) {}
        MessagePackSerde<Bill> serde = MessagePackSerde.builder(Bill.class)
                .convert(Money.class, String.class, money -> Long.toString(money.cents()), Money::parse)
                .lookup(MethodHandles.lookup())
                .build();
        Bill bill = new Bill(new Money(3), Map.of(new Money(1), new Money(2)));
        assertEquals(bill, serde.decode(serde.encode(bill)));
    }

    // --- What cannot be stored

    @Test
    void null_isRefusedWhereNothingSaysThatItMayBe() {
        record Names(List<String> names) {}
        assertTrue(refusal(Line.class, new Line(null, 1, BigDecimal.ONE)).contains("field article is null"));
        assertTrue(refusal(Names.class, new Names(Arrays.asList("a", null))).contains("field names[1] is null"));
        Map<Integer, List<String>> notes = new HashMap<>();
        notes.put(1, Collections.singletonList(null));
        Order order = order();
        Order wrong = new Order(
                order.id(),
                order.status(),
                order.lines(),
                notes,
                null,
                null,
                order.tags(),
                order.numbers(),
                order.rates(),
                order.rank(),
                order.weight(),
                order.share());
        assertTrue(refusal(Order.class, wrong).contains("field notes{0}[0] is null"));
    }

    @Test
    void aCycle_isRefused() {
        List<Node> children = new ArrayList<>();
        Node node = new Node(1, children, null);
        children.add(node);
        assertTrue(refusal(Node.class, node).contains("maxDepth=64"));
    }

    @Test
    void anOrderOfTheUsersOwn_isRefused() {
        Order order = order();
        SortedSet<Long> reversed = new TreeSet<>(Comparator.reverseOrder());
        Order wrong = new Order(
                order.id(),
                order.status(),
                order.lines(),
                order.notes(),
                order.paid(),
                null,
                order.tags(),
                reversed,
                order.rates(),
                order.rank(),
                order.weight(),
                order.share());
        assertTrue(refusal(Order.class, wrong).contains("field numbers is sorted by a comparator"));
    }

    @Test
    void tooMuch_isRefusedWhenWrittenSoThatAllThatIsWrittenCanBeRead() {
        record Many(List<Integer> numbers) {}
        Many many = new Many(IntStream.range(0, 1_000).boxed().toList());
        MessagePackSerde<Many> few =
                MessagePackSerde.builder(Many.class).maxElements(1_000).build();
        MessagePackSerde<Many> enough =
                MessagePackSerde.builder(Many.class).maxElements(1_001).build();
        assertTrue(assertThrows(IllegalArgumentException.class, () -> few.encode(many))
                .getMessage()
                .contains("field numbers brings the value above maxElements=1000"));
        byte[] bytes = enough.encode(many);
        assertEquals(many, enough.decode(bytes));

        MessagePackSerde<Many> fits =
                MessagePackSerde.builder(Many.class).maxBytes(bytes.length).build();
        assertArrayEquals(bytes, fits.encode(many));
        assertEquals(many, fits.decode(bytes));
        MessagePackSerde<Many> shorter =
                MessagePackSerde.builder(Many.class).maxBytes(bytes.length - 1).build();
        assertTrue(assertThrows(IllegalArgumentException.class, () -> shorter.encode(many))
                .getMessage()
                .contains("above maxBytes="));
    }

    @Test
    void aSerde_isUsedByManyThreads() throws InterruptedException {
        MessagePackSerde<Order> serde = MessagePackSerde.of(Order.class);
        Order order = order();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = IntStream.range(0, 16)
                .mapToObj(i -> new Thread(() -> {
                    Line own = new Line("line " + i, i, BigDecimal.valueOf(i));
                    for (int round = 0; round < 200; round++) {
                        Order mine = new Order(
                                order.id(),
                                order.status(),
                                Collections.nCopies(i + 1, own),
                                order.notes(),
                                order.paid(),
                                "of " + i,
                                order.tags(),
                                order.numbers(),
                                order.rates(),
                                order.rank(),
                                order.weight(),
                                order.share());
                        assertEquals(mine, serde.decode(serde.encode(mine)));
                    }
                }))
                .toList();
        threads.forEach(thread -> thread.setUncaughtExceptionHandler((which, error) -> failures.add(error)));
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures);
    }
}
