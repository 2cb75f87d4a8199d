package dev.holdfast.serde.msgpack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;

/** The bytes are MessagePack, by the word of the reference implementation, and stay what they are. */
@SuppressWarnings("ArrayRecordComponent") // whoever has them wants them stored
class FormatTest {
    private static final int HEADER = 3;

    record Sample(
            String text,
            int small,
            long large,
            double number,
            boolean yes,
            @Nullable String none,
            byte[] binary,
            List<Integer> list,
            Map<Integer, String> map,
            Instant instant) {}

    private static final Sample SAMPLE = new Sample(
            "häh",
            -33,
            1L << 40,
            0.1,
            true,
            null,
            new byte[] {1, 2},
            List.of(1, 200, 70_000),
            Map.of(7, "seven"),
            Instant.ofEpochSecond(1_700_000_000, 5));

    @Test
    void theReferenceImplementation_readsWhatWeWrite() throws IOException {
        byte[] bytes = MessagePackSerde.of(Sample.class).encode(SAMPLE);
        MessageUnpacker in = MessagePack.newDefaultUnpacker(bytes, HEADER, bytes.length - HEADER);
        assertEquals(10, in.unpackMapHeader());
        assertEquals("text", in.unpackString());
        assertEquals("häh", in.unpackString());
        assertEquals("small", in.unpackString());
        assertEquals(-33, in.unpackInt());
        assertEquals("large", in.unpackString());
        assertEquals(1L << 40, in.unpackLong());
        assertEquals("number", in.unpackString());
        assertEquals(0.1, in.unpackDouble());
        assertEquals("yes", in.unpackString());
        assertEquals(true, in.unpackBoolean());
        assertEquals("none", in.unpackString());
        in.unpackNil();
        assertEquals("binary", in.unpackString());
        assertArrayEquals(new byte[] {1, 2}, in.readPayload(in.unpackBinaryHeader()));
        assertEquals("list", in.unpackString());
        assertEquals("[1,200,70000]", in.unpackValue().toJson());
        assertEquals("map", in.unpackString());
        assertEquals("{\"7\":\"seven\"}", in.unpackValue().toJson());
        assertEquals("instant", in.unpackString());
        assertEquals(SAMPLE.instant(), in.unpackTimestamp());
        assertEquals(false, in.hasNext());
    }

    /** Random scalars, written by both, are the same bytes, and each reads the other's. */
    @Test
    void scalars_areTheSameBytesAsTheReferenceImplementations() throws IOException {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            long number = random.nextLong() >> random.nextInt(64);
            String text = "aé😀".substring(0, random.nextInt(2)) + "x".repeat(random.nextInt(300));
            byte[] binary = new byte[random.nextInt(300)];
            Instant instant = Instant.ofEpochSecond(random.nextLong() >> (30 + random.nextInt(34)), random.nextInt(3));
            try (MessageBufferPacker theirs = MessagePack.newDefaultBufferPacker()) {
                theirs.packLong(number)
                        .packString(text)
                        .packBinaryHeader(binary.length)
                        .writePayload(binary)
                        .packTimestamp(instant)
                        .packDouble((double) number)
                        .packFloat(i)
                        .packArrayHeader(i)
                        .packMapHeader(i * 4);
                Packer ours = new Packer(Bounds.DEFAULT);
                ours.integer(number);
                ours.text(text);
                ours.binary(binary);
                ours.instant(instant);
                ours.float64((double) number);
                ours.float32(i);
                ours.array(i);
                ours.map(i * 4);
                assertArrayEquals(theirs.toByteArray(), ours.toBytes());
            }
        }
    }

    @Test
    void integersInAnyForm_areRead() throws IOException {
        Random random = new Random(4);
        for (int i = 0; i < 5_000; i++) {
            long number = random.nextInt() >> random.nextInt(32);
            for (String form : List.of("d2%08x", "d3%016x")) {
                long shown = form.startsWith("d2") ? number & 0xffff_ffffL : number;
                byte[] bytes = HexFormat.of().parseHex(String.format(form, shown));
                assertEquals(number, new Unpacker(bytes, Bounds.DEFAULT).integer());
                assertEquals(number, MessagePack.newDefaultUnpacker(bytes).unpackLong());
            }
        }
    }

    /** Passing over a value ends where reading it ends. */
    @Test
    void skipping_passesOverExactlyOneValue() throws IOException {
        List<byte[]> values = new ArrayList<>();
        for (Object each : List.of(
                1,
                200,
                70_000,
                1L << 40,
                -1,
                -200,
                -70_000,
                -1L << 40,
                "a",
                "b".repeat(40),
                "c".repeat(300),
                "d".repeat(70_000),
                true,
                false,
                1.5,
                1.5f,
                new byte[3],
                new byte[300],
                new byte[70_000],
                Instant.EPOCH,
                Instant.ofEpochSecond(1, 1),
                Instant.MIN,
                new BigDecimal("1.1"),
                BigInteger.TWO.pow(70),
                BigInteger.TWO.pow(3_000),
                BigInteger.TWO.pow(700_000),
                List.of(),
                List.of(1, List.of("x")),
                Map.of(),
                Map.of("a", Map.of("b", List.of(1, 2))))) {
            Packer packer = new Packer(Bounds.DEFAULT);
            Trees.write(packer, each);
            values.add(packer.toBytes());
        }
        for (byte[] value : values) {
            byte[] bytes = Arrays.copyOf(value, value.length + 5);
            Unpacker skipping = new Unpacker(bytes, Bounds.DEFAULT);
            skipping.skipValue();
            assertEquals(value.length, skipping.position(), () -> "value beginning with " + value[0]);
            Unpacker reading = new Unpacker(bytes, Bounds.DEFAULT);
            Trees.read(reading);
            assertEquals(value.length, reading.position());
            MessageUnpacker theirs = MessagePack.newDefaultUnpacker(bytes);
            theirs.skipValue();
            assertEquals(value.length, theirs.getTotalReadBytes());
        }
    }

    enum Kind {
        A
    }

    sealed interface Part permits Leaf {}

    record Leaf(Kind kind, Optional<UUID> id) implements Part {}

    record Stored(Part part, BigDecimal decimal, BigInteger big, LocalDate date, double[] numbers) {}

    /** A change that makes this fail makes stored values unreadable: give the layout another number instead. */
    @Test
    void theLayout_isWhatItAlwaysWas() {
        byte[] bytes = HexFormat.of()
                .parseHex("c10101"
                        + "85"
                        + "a470617274" + "83" + "a54074797065" + "a44c656166" + "a46b696e64" + "a141" + "a26964"
                        + "c410" + "00000000000000010000000000000002"
                        + "a7646563696d616c" + "c706010000000204d2"
                        + "a3626967" + "c70902" + "010000000000000000"
                        + "a464617465" + "aa" + HexFormat.of().formatHex("2026-01-02".getBytes(StandardCharsets.UTF_8))
                        + "a76e756d62657273" + "91cb3ff8000000000000");
        MessagePackSerde<Stored> serde = MessagePackSerde.of(Stored.class);
        Stored read = serde.decode(bytes);
        assertEquals(new Leaf(Kind.A, Optional.of(new UUID(1, 2))), read.part());
        assertEquals(new BigDecimal("12.34"), read.decimal());
        assertEquals(BigInteger.TWO.pow(64), read.big());
        assertEquals(LocalDate.of(2026, 1, 2), read.date());
        assertArrayEquals(new double[] {1.5}, read.numbers());
        assertEquals(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(serde.encode(read)));
    }
}
