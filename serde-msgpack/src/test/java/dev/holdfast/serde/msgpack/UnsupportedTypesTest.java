package dev.holdfast.serde.msgpack;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What has no form is refused when the serde is built, with the way to it and the remedy. */
@SuppressWarnings({"ArrayRecordComponent", "HidingField", "NullableOptional", "NullablePrimitive"}) // what is refused
class UnsupportedTypesTest {
    interface Open {}

    abstract static class Abstract {}

    static final class Final {
        final int value = 1;
    }

    static final class NoConstructor {
        int value;

        NoConstructor(int value) {
            this.value = value;
        }
    }

    @SuppressWarnings("ClassCanBeStatic")
    final class Inner {}

    static class Parent {
        int same;
    }

    static final class Child extends Parent {
        int same;
    }

    sealed interface Leaky permits Leak {}

    non-sealed interface Leak extends Leaky {}

    sealed interface Twins permits One.Same, Two.Same {}

    static final class One {
        record Same() implements Twins {}
    }

    static final class Two {
        record Same() implements Twins {}
    }

    enum Colour {
        RED
    }

    sealed interface Coloured permits Paint {}

    enum Paint implements Coloured {
        WHITE
    }

    record Grows<T>(T value, Optional<Grows<List<T>>> more) {}

    @SuppressWarnings("rawtypes")
    record Raw(List list) {}

    record OfObject(Object object) {}

    record OfOpen(List<Map<String, Open>> open) {}

    record OfThread(Thread thread) {}

    record OfDeque(Deque<String> deque) {}

    record Twice(Optional<Optional<String>> twice) {}

    record NullOptional(@Nullable Optional<String> both) {}

    record NullPrimitive(@Nullable Integer fine, Optional<@Nullable String> both) {}

    record ByArray(Map<byte[], String> map) {}

    record Unordered(SortedSet<OfThread> set) {}

    record UnorderedText(SortedSet<Raw2> set) {}

    record Raw2(String text) {}

    record NullInOrder(SortedSet<@Nullable String> set) {}

    record Growing(Grows<String> grows) {}

    record Generic<T>(T value) {}

    record GenericArray<T>(List<T>[] lists) {}

    record OfGenericArray(GenericArray<String> array) {}

    private static void refused(Class<?> type, String... parts) {
        String message = assertThrows(UnsupportedTypeException.class, () -> MessagePackSerde.of(type), type::getName)
                .getMessage();
        assertAll(Arrays.stream(parts)
                .map(part -> () -> assertTrue(message.contains(part), () -> message + " lacks: " + part)));
    }

    @Test
    void theMessage_namesTheWayTheReasonAndTheRemedy() {
        refused(
                OfOpen.class,
                "OfOpen.open: ",
                Open.class.getName(),
                "is abstract and not sealed",
                "use a record",
                "a converter (convert)");
    }

    @Test
    void typesWithoutForm() {
        refused(OfObject.class, "OfObject.object", "java.lang.Object", "sealed interface");
        refused(OfThread.class, "OfThread.thread", "java.lang.Thread");
        refused(OfDeque.class, "OfDeque.deque", "java.util.Deque");
        refused(Abstract.class, "abstract");
        refused(Final.class, "final field value");
        refused(NoConstructor.class, "no constructor without arguments");
        refused(Inner.class, "make it static");
        refused(Child.class, "two fields called same");
        refused(Leaky.class, "non-sealed");
        refused(Twins.class, "Twins as Same", "simple name of another class");
        refused(Coloured.class, "neither a record nor a plain class");
        refused(Raw.class, "Raw.list", "without its type arguments");
        refused(Generic.class, "without its type arguments");
        refused(OfGenericArray.class, "use a List");
        refused(Growing.class, "ever more type arguments");
        refused(void.class, "void");
    }

    @Test
    void whereNilWouldMeanTwoThings() {
        refused(Twice.class, "Twice.twice", "remove one of the two");
        refused(NullOptional.class, "NullOptional.both", "remove one of the two");
        refused(NullPrimitive.class, "NullPrimitive.both", "remove one of the two");
        record Null(@Nullable int number) {}
        refused(Null.class, "a primitive is never null");
    }

    @Test
    void whereElementsWouldNotBeFoundAgain() {
        refused(ByArray.class, "ByArray.map", "equal only to themselves");
        refused(UnorderedText.class, "no natural order");
        refused(NullInOrder.class, "may be nil");
        record ArraySet(Set<int[]> arrays) {}
        refused(ArraySet.class, "equal only to themselves");
    }

    @Test
    void versions_mustFitTogether() {
        assertEquals(
                "version 3 needs an upcaster from version 1; give one, or say oldestVersion(2) if no such value is stored"
                        + " any more",
                illegal(MessagePackSerde.builder(Raw2.class).version(3).upcast(2, document -> {})));
        assertTrue(illegal(MessagePackSerde.builder(Raw2.class).upcast(1, document -> {}))
                .contains("below version 1"));
        assertTrue(illegal(MessagePackSerde.builder(Raw2.class).version(2).oldestVersion(3))
                .contains("oldestVersion 3 is above version 2"));
        assertTrue(illegal(MessagePackSerde.builder(String.class).version(2).upcast(1, document -> {}))
                .contains("put it into a record"));
        assertThrows(IllegalArgumentException.class, () -> MessagePackSerde.builder(Raw2.class)
                .version(0));
        assertThrows(IllegalArgumentException.class, () -> MessagePackSerde.builder(Raw2.class)
                .maxDepth(513));
        assertThrows(IllegalArgumentException.class, () -> MessagePackSerde.builder(Raw2.class)
                .upcast(1, document -> {})
                .upcast(1, document -> {}));
        MessagePackSerde.builder(Raw2.class)
                .version(3)
                .oldestVersion(2)
                .upcast(2, document -> {})
                .fallback(Colour.RED)
                .build();
    }

    private static String illegal(MessagePackSerde.Builder<?> builder) {
        return assertThrows(IllegalArgumentException.class, builder::build).getMessage();
    }
}
