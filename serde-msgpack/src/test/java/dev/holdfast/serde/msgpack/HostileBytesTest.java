package dev.holdfast.serde.msgpack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.CorruptValueException;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever the bytes, decoding answers a value or {@link CorruptValueException}, and takes little memory for it. */
@SuppressWarnings({"ArrayRecordComponent", "UnusedMethod"}) // arrays are stored too; constructors of records are called
class HostileBytesTest {
    private static final long SEED = Long.getLong("serde.seed", 7);
    private static final int RANDOM_VALUES = Integer.getInteger("serde.random", 20_000);

    sealed interface Part permits Leaf, Branch {}

    record Leaf(String text, byte[] bytes, double number) implements Part {}

    record Branch(List<Part> parts, Map<Integer, Part> byNumber) implements Part {}

    enum Kind {
        A,
        B
    }

    record Wide(
            Part part,
            Kind kind,
            Set<Long> numbers,
            @Nullable BigDecimal decimal,
            Optional<Instant> instant,
            UUID id,
            long[] longs,
            ZonedDateTime when,
            Map<String, List<Integer>> map) {}

    static final class Plain {
        List<Plain> children = List.of();

        @Nullable
        String name;
    }

    private static final MessagePackSerde<Wide> WIDE = MessagePackSerde.of(Wide.class);

    private static final MessagePackSerde<Wide> UPCAST = MessagePackSerde.builder(Wide.class)
            .version(2)
            .upcast(1, document -> document.put("kind", "A"))
            .build();

    private static final MessagePackSerde<Wide> TOLERANT = MessagePackSerde.builder(Wide.class)
            .ignoreUnknownFields()
            .fallback(Kind.A)
            .build();

    private static final List<MessagePackSerde<?>> SERDES =
            List.of(WIDE, UPCAST, TOLERANT, MessagePackSerde.of(Part.class), MessagePackSerde.of(Plain.class));

    private static byte[] valid() {
        return WIDE.encode(new Wide(
                new Branch(
                        List.of(new Leaf("läuft", new byte[] {1, 2}, 1.5), new Branch(List.of(), Map.of())),
                        Map.of(300, new Leaf("", new byte[0], -0.0))),
                Kind.B,
                Set.of(1L, -70_000L),
                new BigDecimal("12.340"),
                Optional.of(Instant.ofEpochSecond(1, 1)),
                new UUID(1, 2),
                new long[] {1, Long.MIN_VALUE},
                ZonedDateTime.parse("2026-01-02T03:04:05+01:00[Europe/Paris]"),
                Map.of("a", List.of(1, 2, 3))));
    }

    /** True if the bytes were read as a value. */
    private static boolean decodes(MessagePackSerde<?> serde, byte[] bytes) {
        try {
            serde.decode(bytes);
            return true;
        } catch (CorruptValueException declared) {
            return false;
        } catch (RuntimeException | Error other) {
            throw new AssertionError(
                    serde + " on " + HexFormat.of().formatHex(bytes) + ", -Dserde.seed=" + SEED, other);
        }
    }

    private static byte[] value(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {Wire.MAGIC, Wire.LAYOUT, 1});
        for (Object part : parts) {
            out.writeBytes(
                    part instanceof String text
                            ? Packer.packed(text)
                            : HexFormat.of().parseHex(((StringBuilder) part)));
        }
        return out.toByteArray();
    }

    private static StringBuilder hex(String hex) {
        return new StringBuilder(hex.replace(" ", ""));
    }

    private static String corrupt(MessagePackSerde<?> serde, byte[] bytes) {
        return assertThrows(CorruptValueException.class, () -> serde.decode(bytes))
                .getMessage();
    }

    // --- Exhaustive and random

    @Test
    void everyTruncation_isCorrupt() {
        byte[] valid = valid();
        for (int length = 0; length < valid.length; length++) {
            assertFalse(decodes(WIDE, Arrays.copyOf(valid, length)), "cut at " + length);
        }
    }

    @Test
    void everyTrailingByte_isCorrupt() {
        byte[] valid = valid();
        byte[] longer = Arrays.copyOf(valid, valid.length + 1);
        for (int last = 0; last < 256; last++) {
            longer[valid.length] = (byte) last;
            for (MessagePackSerde<?> serde : List.of(WIDE, UPCAST, TOLERANT)) {
                assertFalse(decodes(serde, longer));
            }
        }
    }

    @Test
    void everyByteReplaced_isAValueOrCorrupt() {
        byte[] valid = valid();
        int values = 0;
        for (int i = 0; i < valid.length; i++) {
            for (int replacement = 0; replacement < 256; replacement++) {
                byte[] changed = valid.clone();
                changed[i] = (byte) replacement;
                for (MessagePackSerde<?> serde : List.of(WIDE, UPCAST)) {
                    values += decodes(serde, changed) ? 1 : 0;
                }
            }
        }
        assertTrue(values > valid.length, "some changes only make another text or number");
    }

    @Test
    void randomBytes_areAValueOrCorrupt() {
        Random random = new Random(SEED);
        for (int i = 0; i < RANDOM_VALUES; i++) {
            byte[] bytes = new byte[random.nextInt(60)];
            random.nextBytes(bytes);
            if (i % 4 != 0 && bytes.length > 3) {
                bytes[0] = Wire.MAGIC;
                bytes[1] = Wire.LAYOUT;
                bytes[2] = (byte) (1 + random.nextInt(2));
            }
            decodes(SERDES.get(i % SERDES.size()), bytes);
        }
    }

    @Test
    void mutatedValues_areAValueOrCorrupt() {
        Random random = new Random(SEED);
        byte[] valid = valid();
        for (int i = 0; i < RANDOM_VALUES; i++) {
            byte[] bytes = valid.clone();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                mutate(random, bytes);
            }
            decodes(SERDES.get(i % SERDES.size()), bytes);
        }
    }

    private static void mutate(Random random, byte[] bytes) {
        int at = 3 + random.nextInt(bytes.length - 3);
        switch (random.nextInt(3)) {
            case 0 -> bytes[at] = (byte) random.nextInt();
            // The headers of everything that has a length or is long.
            case 1 -> bytes[at] = (byte) (0xc0 + random.nextInt(0x20));
            default -> {
                int from = 3 + random.nextInt(bytes.length - 3);
                System.arraycopy(
                        bytes, from, bytes, at, Math.min(random.nextInt(20), bytes.length - Math.max(at, from)));
            }
        }
    }

    // --- Memory and stack

    private static long allocatedBy(Runnable code) {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        // Once before, for what is allocated only once.
        code.run();
        long before = threads.getCurrentThreadAllocatedBytes();
        code.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void aClaimedLength_allocatesNothing() {
        for (String header : List.of(
                "dd7fffffff",
                "ddffffffff",
                "dc7fff",
                "df7fffffff",
                "dfffffffff",
                "db7fffffff",
                "dbffffffff",
                "c67fffffff",
                "c6ffffffff",
                "c97fffffff01",
                "c9ffffffff01",
                "c9ffffffffff")) {
            for (String field :
                    List.of("part", "kind", "numbers", "decimal", "instant", "id", "longs", "when", "map")) {
                byte[] bytes = value(hex("81"), field, hex(header));
                for (MessagePackSerde<?> serde : SERDES) {
                    assertTrue(allocatedBy(() -> assertFalse(decodes(serde, bytes))) < 100_000, header);
                }
            }
        }
    }

    @Test
    void nestedClaims_takeNoMoreThanTheBoundsAllow() {
        // Lists in lists, each of which claims all the bytes that are left.
        byte[] bytes = new byte[1 << 20];
        Arrays.fill(bytes, (byte) 0xc0);
        record Deep(List<List<List<List<List<List<Integer>>>>>> lists) {}
        byte[] start = value(hex("81"), "lists");
        System.arraycopy(start, 0, bytes, 0, start.length);
        for (int at = start.length; at < start.length + 30; at += 5) {
            bytes[at] = (byte) 0xdd;
            Wire.INT.set(bytes, at + 1, bytes.length - at - 10);
        }
        MessagePackSerde<Deep> serde = MessagePackSerde.of(Deep.class);
        String[] message = new String[1];
        assertTrue(allocatedBy(() -> message[0] = corrupt(serde, bytes)) < 8L * bytes.length);
        assertTrue(message[0].contains("above maxElements=1000000"), message[0]);
    }

    @Test
    void manySmallThings_takeNoMoreThanTheBoundsAllow() {
        // A million empty maps, of two bytes each with their key, would be a million objects.
        record Empty(@Nullable String a, @Nullable String b, @Nullable String c, Optional<String> d) {}
        record Many(List<Empty> list) {}
        byte[] start = value(hex("81"), "list", hex("dd000f4240"));
        byte[] bytes = Arrays.copyOf(start, start.length + 1_000_000);
        Arrays.fill(bytes, start.length, bytes.length, (byte) 0x80);
        MessagePackSerde<Many> serde = MessagePackSerde.of(Many.class);
        assertTrue(allocatedBy(() -> assertTrue(corrupt(serde, bytes).contains("above maxElements"))) < 100_000_000);
    }

    @Test
    void depth_endsBeforeTheStack() throws InterruptedException {
        byte[] start = value(hex("82"), "name", hex("c0"), "children");
        byte[] bytes = Arrays.copyOf(start, 1_000_000);
        byte[] level = new byte[] {(byte) 0x91, (byte) 0x81};
        byte[] name = Packer.packed("children");
        int at = start.length;
        while (at + level.length + name.length <= bytes.length) {
            System.arraycopy(level, 0, bytes, at, 2);
            System.arraycopy(name, 0, bytes, at + 2, name.length);
            at += 2 + name.length;
        }
        MessagePackSerde<Plain> deepest =
                MessagePackSerde.builder(Plain.class).maxDepth(512).build();
        MessagePackSerde<Plain> upcast = MessagePackSerde.builder(Plain.class)
                .maxDepth(512)
                .version(2)
                .upcast(1, document -> {})
                .build();
        for (MessagePackSerde<Plain> serde : List.of(deepest, upcast)) {
            String[] message = new String[1];
            Thread small = new Thread(null, () -> message[0] = corrupt(serde, bytes), "small stack", 512 << 10);
            small.start();
            small.join();
            assertTrue(message[0].contains("deeper than maxDepth=512"), message[0]);
        }
        // What is passed over is not bounded in depth, and takes no stack.
        byte[] unknown = value(hex("82"), "x", hex("91".repeat(100_000) + "c0"), "children", hex("90"));
        decodes(MessagePackSerde.builder(Plain.class).ignoreUnknownFields().build(), unknown);
        assertTrue(decodes(
                MessagePackSerde.builder(Plain.class).ignoreUnknownFields().build(), unknown));
    }

    // --- What is told

    @Test
    void theError_namesTypeVersionFieldAndPlace_andNoValue() {
        byte[] bytes = value(
                hex("81"),
                "part",
                hex("83"),
                "@type",
                "Branch",
                "parts",
                hex("92 84"),
                "@type",
                "Leaf",
                "text",
                "SECRET",
                "bytes",
                hex("c400"),
                "number",
                "SECRET");
        String message = corrupt(WIDE, bytes);
        assertTrue(
                message.startsWith("Wide cannot be read: version 1, field part.parts[0].number is text, not a number"),
                message);
        assertFalse(message.contains("SECRET"), message);
        assertTrue(message.contains("(at byte "), message);
    }

    @Test
    void theHeader_isChecked() {
        byte[] valid = valid();
        assertTrue(corrupt(WIDE, "{}".getBytes(StandardCharsets.UTF_8)).contains("stored without this serde"));
        assertTrue(corrupt(WIDE, "plain text".getBytes(StandardCharsets.UTF_8)).contains("stored without this serde"));
        valid[1] = 2;
        assertTrue(corrupt(WIDE, valid).contains("layout 2 is unknown"));
        valid[1] = 1;
        valid[2] = 0;
        assertTrue(corrupt(WIDE, valid).contains("the schema version is an integer outside"));
        valid[2] = (byte) 0xc0;
        assertTrue(corrupt(WIDE, valid).contains("the schema version is nil"));
        valid[2] = 9;
        assertTrue(corrupt(WIDE, valid).contains("version 9 is newer than 1"));
    }

    @Test
    void duplicates_areCorrupt() {
        record Sets(Set<Integer> set, Map<Integer, Integer> map) {}
        MessagePackSerde<Sets> serde = MessagePackSerde.of(Sets.class);
        assertTrue(corrupt(serde, value(hex("82"), "set", hex("92 01 01"), "map", hex("80")))
                .contains("field set[1] is in the set already"));
        assertTrue(corrupt(serde, value(hex("82"), "set", hex("90"), "map", hex("82 01 02 01 02")))
                .contains("field map{1} has a key that was there already"));
        assertTrue(corrupt(serde, value(hex("82"), "set", hex("90"), "set", hex("90")))
                .contains("field set is there twice"));
    }

    @Test
    void malformedText_isCorrupt() {
        record Text(String text) {}
        MessagePackSerde<Text> serde = MessagePackSerde.of(Text.class);
        for (String bad : List.of("a180", "a2c080", "a3eda080", "a4f4908080", "a1ff")) {
            assertTrue(corrupt(serde, value(hex("81"), "text", hex(bad)))
                    .contains("field text is text that is not UTF-8"));
        }
        assertEquals(
                "\uFFFD",
                serde.decode(value(hex("81"), "text", hex("a3efbfbd"))).text());
    }

    @Test
    void aConstructorThatRefuses_makesTheValueCorrupt() {
        record Positive(int number) {
            Positive {
                if (number <= 0) {
                    throw new IllegalArgumentException("not positive");
                }
            }
        }
        record Outer(List<Positive> list) {}
        MessagePackSerde<Outer> serde = MessagePackSerde.of(Outer.class);
        byte[] bytes = value(hex("81"), "list", hex("91 81"), "number", hex("00"));
        CorruptValueException error = assertThrows(CorruptValueException.class, () -> serde.decode(bytes));
        assertTrue(
                error.getMessage().contains("field list[0] is refused by the constructor of Positive"),
                error.getMessage());
        assertEquals("not positive", error.getCause().getMessage());
    }
}
