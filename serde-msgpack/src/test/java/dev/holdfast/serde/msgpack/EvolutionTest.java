package dev.holdfast.serde.msgpack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.CorruptValueException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Values outlive the classes that wrote them. */
@SuppressWarnings("ArrayRecordComponent") // whoever has them wants them stored
class EvolutionTest {

    private static String corrupt(MessagePackSerde<?> serde, byte[] bytes) {
        return assertThrows(CorruptValueException.class, () -> serde.decode(bytes))
                .getMessage();
    }

    // --- Versions

    private static final class V1 {
        record Account(String name, int cents, List<V1.Entry> entries) {}

        record Entry(String text) {}
    }

    private static final class V2 {
        record Account(String first, String last, int cents, List<V2.Entry> entries) {}

        record Entry(String text) {}
    }

    private static final class V3 {
        record Account(String first, String last, BigDecimal balance, List<V3.Entry> entries) {}

        record Entry(String text, long at) {}
    }

    private static final Upcaster NAMES = account -> {
        String[] names = account.text("name").split(" ", 2);
        account.remove("name");
        account.put("first", names[0]).put("last", names[1]);
    };

    private static final Upcaster BALANCE = account -> {
        account.put("balance", BigDecimal.valueOf(account.integer("cents"), 2));
        account.remove("cents");
        account.documents("entries").forEach(entry -> entry.put("at", 0));
    };

    private static final MessagePackSerde<V1.Account> FIRST = MessagePackSerde.of(V1.Account.class);
    private static final MessagePackSerde<V2.Account> SECOND = MessagePackSerde.builder(V2.Account.class)
            .version(2)
            .upcast(1, NAMES)
            .build();
    private static final MessagePackSerde<V3.Account> THIRD = MessagePackSerde.builder(V3.Account.class)
            .version(3)
            .upcast(1, NAMES)
            .upcast(2, BALANCE)
            .build();

    private static final byte[] OLD =
            FIRST.encode(new V1.Account("Ada Lovelace", 1234, List.of(new V1.Entry("opened"))));

    @Test
    void upcasters_areChainedFromVersionToVersion() {
        V3.Account current =
                new V3.Account("Ada", "Lovelace", new BigDecimal("12.34"), List.of(new V3.Entry("opened", 0)));
        assertEquals(current, THIRD.decode(OLD));
        assertEquals(current, THIRD.decode(SECOND.encode(SECOND.decode(OLD))));
        assertEquals(current, THIRD.decode(THIRD.encode(THIRD.decode(OLD))));
    }

    @Test
    void aNewerVersion_isRefusedUnlessToldOtherwise() {
        byte[] newer = SECOND.encode(SECOND.decode(OLD));
        assertTrue(corrupt(FIRST, newer).contains("version 2 is newer than 1"));

        record Named(String first, String last) {}
        MessagePackSerde<Named> tolerant =
                MessagePackSerde.builder(Named.class).readVersionsUpTo(2).build();
        assertEquals(new Named("Ada", "Lovelace"), tolerant.decode(newer));
        assertTrue(corrupt(tolerant, THIRD.encode(THIRD.decode(OLD))).contains("version 3 is newer than 2"));
    }

    @Test
    void anOlderVersionThanTheOldest_isRefused() {
        MessagePackSerde<V3.Account> recent = MessagePackSerde.builder(V3.Account.class)
                .version(3)
                .oldestVersion(2)
                .upcast(2, BALANCE)
                .build();
        assertTrue(corrupt(recent, OLD).contains("version 1 is older than oldestVersion"));
    }

    @Test
    void aFailingUpcaster_isToldWithItsVersion() {
        byte[] nameless = FIRST.encode(new V1.Account("Ada", 1, List.of()));
        CorruptValueException error = assertThrows(CorruptValueException.class, () -> THIRD.decode(nameless));
        assertEquals(
                "Account cannot be read: version 1, is refused by the upcaster from version 1", error.getMessage());
        assertSame(ArrayIndexOutOfBoundsException.class, error.getCause().getClass());
    }

    @Test
    void whatAnUpcasterForgets_isToldWithItsField() {
        MessagePackSerde<V3.Account> forgetful = MessagePackSerde.builder(V3.Account.class)
                .version(2)
                .upcast(1, document -> document.rename("name", "first").put("last", ""))
                .build();
        assertTrue(corrupt(forgetful, OLD).contains("version 1, has a field that Account does not have, \"cents\""));
        MessagePackSerde<V3.Account> wrong = MessagePackSerde.builder(V3.Account.class)
                .version(2)
                .upcast(1, document -> document.put("entries", List.of(new StringBuilder())))
                .build();
        assertTrue(corrupt(wrong, OLD).contains("field entries[0] became a java.lang.StringBuilder"));
    }

    // --- Fields

    record Small(int a) {}

    record Large(int a, Optional<String> b, @Nullable Long c, List<Small> d) {}

    @Test
    void unknownFields_areRefusedUnlessToldOtherwise() {
        byte[] large =
                MessagePackSerde.of(Large.class).encode(new Large(1, Optional.of("b"), 2L, List.of(new Small(3))));
        String message = corrupt(MessagePackSerde.of(Small.class), large);
        assertTrue(message.contains("has a field that Small does not have, \"b\""), message);
        assertEquals(
                new Small(1),
                MessagePackSerde.builder(Small.class)
                        .ignoreUnknownFields()
                        .build()
                        .decode(large));
    }

    @Test
    void missingFields_areEmptyIfTheyMayBe_andElseRefused() {
        byte[] small = MessagePackSerde.of(Small.class).encode(new Small(1));
        record Wider(int a, Optional<String> b, @Nullable Long c) {}
        assertEquals(
                new Wider(1, Optional.empty(), null),
                MessagePackSerde.of(Wider.class).decode(small));
        String message = corrupt(MessagePackSerde.of(Large.class), small);
        assertTrue(message.contains("field d is missing, and neither @Nullable nor an Optional"), message);
    }

    static final class Settings {
        int retries = 3;
        String mode = "safe";

        @Nullable
        String note;

        int a;
    }

    @Test
    void missingFieldsOfAClass_keepWhatItsConstructorGaveThem() {
        byte[] small = MessagePackSerde.of(Small.class).encode(new Small(1));
        Settings settings = MessagePackSerde.of(Settings.class).decode(small);
        assertEquals(3, settings.retries);
        assertEquals("safe", settings.mode);
        assertNull(settings.note);
        assertEquals(1, settings.a);
    }

    @Test
    void theOrderOfFields_doesNotMatter() {
        record Forth(int a, int b, int c) {}
        record Back(int c, int b, int a) {}
        byte[] bytes = MessagePackSerde.of(Forth.class).encode(new Forth(1, 2, 3));
        assertEquals(new Back(3, 2, 1), MessagePackSerde.of(Back.class).decode(bytes));
    }

    @Test
    void numbers_mayBecomeWider_andNarrowerIfTheyFit() {
        record Ints(int a, int b) {}
        record Longs(long a, double b) {}
        record Shorts(short a, BigInteger b) {}
        byte[] ints = MessagePackSerde.of(Ints.class).encode(new Ints(40_000, 5));
        assertEquals(new Longs(40_000, 5.0), MessagePackSerde.of(Longs.class).decode(ints));
        String message = corrupt(MessagePackSerde.of(Shorts.class), ints);
        assertTrue(message.contains("field a is an integer outside of -32768 to 32767"), message);
    }

    // --- Enums and sealed types

    enum Old {
        OPEN,
        UNKNOWN
    }

    enum New {
        ADDED,
        OPEN
    }

    record OfOld(Old status) {}

    record OfNew(New status) {}

    @Test
    void constants_goByName_andUnknownOnesAreRefusedUnlessThereIsAFallback() {
        byte[] known = MessagePackSerde.of(OfNew.class).encode(new OfNew(New.OPEN));
        byte[] added = MessagePackSerde.of(OfNew.class).encode(new OfNew(New.ADDED));
        assertEquals(new OfOld(Old.OPEN), MessagePackSerde.of(OfOld.class).decode(known));
        assertTrue(corrupt(MessagePackSerde.of(OfOld.class), added).contains("field status is no constant of Old"));
        MessagePackSerde<OfOld> tolerant =
                MessagePackSerde.builder(OfOld.class).fallback(Old.UNKNOWN).build();
        assertEquals(new OfOld(Old.UNKNOWN), tolerant.decode(added));
    }

    sealed interface Event permits Opened, Closed {}

    record Opened(String by) implements Event {}

    record Closed(String reason) implements Event {}

    private static final class Before {
        sealed interface Event permits Before.Started, Before.Closed {}

        record Started(String user) implements Before.Event {}

        record Closed(String reason) implements Before.Event {}
    }

    @Test
    void sealedTypes_areUpcastLikeOthers() {
        MessagePackSerde<Before.Event> before = MessagePackSerde.of(Before.Event.class);
        MessagePackSerde<Event> now = MessagePackSerde.builder(Event.class)
                .version(2)
                .upcast(1, event -> {
                    if (event.text("@type").equals("Started")) {
                        event.put("@type", "Opened").rename("user", "by");
                    }
                })
                .build();
        assertEquals(new Opened("ada"), now.decode(before.encode(new Before.Started("ada"))));
        assertEquals(new Closed("done"), now.decode(before.encode(new Before.Closed("done"))));
        String message = corrupt(MessagePackSerde.of(Event.class), before.encode(new Before.Started("ada")));
        assertTrue(message.contains("is of the type \"Started\", and no Event is called so"), message);
    }

    // --- Documents

    record Everything(
            boolean bool,
            long integer,
            BigInteger big,
            float single,
            double number,
            String text,
            byte[] binary,
            BigDecimal decimal,
            Instant instant,
            List<@Nullable Small> list,
            Map<Integer, String> map) {}

    @Test
    void documents_showEveryKind_andGiveItBackUnchanged() {
        List<@Nullable Small> list = new ArrayList<>(List.of(new Small(1)));
        list.add(null);
        Everything value = new Everything(
                true,
                -5,
                BigInteger.TWO.pow(70),
                1.5f,
                0.1,
                "text",
                new byte[] {1},
                new BigDecimal("1.10"),
                Instant.EPOCH,
                list,
                Map.of(1, "one"));
        byte[] bytes = MessagePackSerde.of(Everything.class).encode(value);
        Map<String, Object> seen = new LinkedHashMap<>();
        MessagePackSerde<Everything> next = MessagePackSerde.builder(Everything.class)
                .version(2)
                .upcast(1, document -> document.names().forEach(name -> seen.put(name, document.get(name))))
                .build();
        byte[] again = next.encode(next.decode(bytes));
        again[2] = 1;
        assertArrayEquals(bytes, again);
        assertEquals(
                List.of(
                        Boolean.class,
                        Long.class,
                        BigInteger.class,
                        Float.class,
                        Double.class,
                        String.class,
                        byte[].class,
                        BigDecimal.class,
                        Instant.class,
                        ArrayList.class,
                        LinkedHashMap.class),
                seen.values().stream().map(Object::getClass).toList());
    }

    @Test
    void documents_refuseWhatIsNotThere() {
        Document document = Document.empty().put("a", "text").put("n", 1L).put("d", Document.empty());
        assertThrows(IllegalArgumentException.class, () -> document.text("b"));
        assertThrows(IllegalArgumentException.class, () -> document.text("n"));
        assertThrows(IllegalArgumentException.class, () -> document.rename("a", "n"));
        assertThrows(IllegalArgumentException.class, () -> document.documents("d"));
        document.document("d").put("x", 1);
        assertEquals(List.of("x"), new ArrayList<>(document.document("d").names()));
        assertEquals("Document[a, n, d]", document.toString());
    }
}
