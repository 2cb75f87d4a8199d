package dev.holdfast.history;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.stream.Collectors.toMap;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Histories as text, so that they can be kept and judged again: one JSON object per line, whose field {@code event} names
 * the type of {@link Event} and whose other fields are its components. What is {@code null} is left out.
 */
public final class JsonLines {

    private static final Map<String, Class<?>> TYPES = Arrays.stream(Event.class.getPermittedSubclasses())
            .collect(toMap(Class::getSimpleName, Function.identity()));

    /** Reflection makes its answers anew each time, which would take most of the time of reading a large file. */
    private static final ClassValue<Shape> SHAPES = new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
            RecordComponent[] components = type.getRecordComponents();
            try {
                return new Shape(
                        Arrays.stream(components)
                                .map(component -> new Part(
                                        component.getName(), component.getGenericType(), component.getAccessor()))
                                .toList(),
                        type.getDeclaredConstructor(Arrays.stream(components)
                                .map(RecordComponent::getType)
                                .toArray(Class<?>[]::new)));
            } catch (NoSuchMethodException e) {
                throw new LinkageError("every record has a canonical constructor", e);
            }
        }
    };

    private record Part(String name, Type type, Method accessor) {}

    private record Shape(List<Part> parts, Constructor<?> constructor) {}

    private JsonLines() {}

    /** Writes the history to a file, replacing it. */
    public static void save(Collection<? extends Event> history, Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file, US_ASCII)) {
            write(history, out);
        }
    }

    /** Reads a history from a file; errors as with {@link #read}. */
    public static List<Event> load(Path file) throws IOException {
        try (BufferedReader in = Files.newBufferedReader(file, US_ASCII)) {
            return read(in);
        }
    }

    /** Writes each event as one line of ASCII. */
    public static void write(Collection<? extends Event> history, Appendable out) throws IOException {
        for (Event event : history) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("event", event.getClass().getSimpleName());
            fields.putAll(fieldsOf((Record) event));
            out.append(Json.print(fields)).append('\n');
        }
    }

    /** Reads what {@link #write} wrote, to the end. Throws {@code IllegalArgumentException} that names the bad line. */
    public static List<Event> read(BufferedReader in) throws IOException {
        List<Event> history = new ArrayList<>();
        int number = 1;
        for (String line = in.readLine(); line != null; line = in.readLine(), number++) {
            try {
                history.add(toEvent(Json.parse(line)));
            } catch (IllegalArgumentException
                    | NullPointerException
                    | ReflectiveOperationException
                    | ClassCastException e) {
                throw new IllegalArgumentException("line " + number + " is no event: " + line, e);
            }
        }
        return history;
    }

    private static Map<String, Object> fieldsOf(Record event) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (Part part : SHAPES.get(event.getClass()).parts) {
            try {
                Object value = part.accessor.invoke(event);
                if (value != null) {
                    fields.put(part.name, toJson(value));
                }
            } catch (ReflectiveOperationException e) {
                throw new LinkageError("accessors of our own records are public and do not throw", e);
            }
        }
        return fields;
    }

    private static Object toJson(Object value) {
        if (value instanceof Record nested) {
            return fieldsOf(nested);
        }
        if (value instanceof List<?> elements) {
            return elements.stream().map(JsonLines::toJson).toList();
        }
        return value instanceof Enum<?> constant ? constant.name() : value;
    }

    private static Event toEvent(Object json) throws ReflectiveOperationException {
        Object type = ((Map<?, ?>) json).get("event");
        Class<?> named = TYPES.get(type);
        if (named == null) {
            throw new IllegalArgumentException("unknown type of event: " + type);
        }
        return (Event) fromJson(json, named);
    }

    private static Object fromJson(Object json, Type type) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType generic) {
            Type element = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == Map.class) {
                return json;
            }
            List<Object> elements = new ArrayList<>();
            for (Object each : (List<?>) json) {
                elements.add(fromJson(each, element));
            }
            return generic.getRawType() == Set.class ? Set.copyOf(elements) : elements;
        }
        Class<?> wanted = (Class<?>) type;
        if (wanted.isRecord()) {
            return toRecord((Map<?, ?>) json, wanted);
        }
        if (wanted.isEnum()) {
            return Arrays.stream(wanted.getEnumConstants())
                    .filter(constant -> ((Enum<?>) constant).name().equals(json))
                    .findAny()
                    .orElseThrow(() -> new IllegalArgumentException(json + " is no " + wanted.getSimpleName()));
        }
        return json;
    }

    private static Object toRecord(Map<?, ?> json, Class<?> wanted) throws ReflectiveOperationException {
        Shape shape = SHAPES.get(wanted);
        @Nullable Object[] values = new @Nullable Object[shape.parts.size()];
        for (int i = 0; i < values.length; i++) {
            Part part = shape.parts.get(i);
            Object value = json.get(part.name);
            values[i] = value == null ? null : fromJson(value, part.type);
        }
        return shape.constructor.newInstance(values);
    }
}
