package dev.holdfast.history;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
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
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Histories as text, so that they can be kept and judged again: one JSON object per line, whose field {@code event} names
 * the type of {@link Event} and whose other fields are its components. What is {@code null} is left out, and may be written as {@code
 * null}. Lines of others are read too, in UTF-8: with every component that is never {@code null}, and with no field of their own.
 */
public final class JsonLines {

    private static final Map<String, Class<?>> TYPES = Arrays.stream(Event.class.getPermittedSubclasses())
            .collect(toMap(Class::getSimpleName, Function.identity()));

    /** The components that may be {@code null}; to be without any other is a mistake, and not a value. */
    private static final Set<String> OPTIONAL = Set.of("expected", "value", "sent", "end");

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

    private record Shape(List<Part> parts, Constructor<?> constructor) {
        boolean has(Object field) {
            return parts.stream().anyMatch(part -> part.name.equals(field));
        }
    }

    private JsonLines() {}

    /** Writes the history to a file, replacing it. */
    public static void save(Collection<? extends Event> history, Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file, US_ASCII)) {
            write(history, out);
        }
    }

    /** Reads a history from a file; errors as with {@link #read}. */
    public static List<Event> load(Path file) throws IOException {
        try (BufferedReader in = Files.newBufferedReader(file, UTF_8)) {
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

    /** Reads one event of each line, to the end. Throws {@code IllegalArgumentException} that names the bad line and what it lacks. */
    public static List<Event> read(BufferedReader in) throws IOException {
        List<Event> history = new ArrayList<>();
        int number = 1;
        for (String line = in.readLine(); line != null; line = in.readLine(), number++) {
            try {
                history.add(toEvent(Json.parse(line)));
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(
                        "line " + number + " is no event: " + wrong.getMessage() + ": " + line, wrong);
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

    private static Event toEvent(@Nullable Object json) {
        if (!(json instanceof Map<?, ?> fields)) {
            throw new IllegalArgumentException("each line is an object, as {\"event\":\"Operation\",...}");
        }
        Object named = fields.get("event");
        Class<?> type = named == null ? null : TYPES.get(named);
        if (type == null) {
            throw new IllegalArgumentException(
                    "\"event\" must be one of " + new TreeSet<>(TYPES.keySet()) + ", was " + named);
        }
        return (Event) toRecord(fields, type);
    }

    private static Object toRecord(Map<?, ?> json, Class<?> wanted) {
        Shape shape = SHAPES.get(wanted);
        for (Object field : json.keySet()) {
            boolean namesTheType = field.equals("event") && TYPES.containsValue(wanted);
            if (!namesTheType && !shape.has(field)) {
                throw new IllegalArgumentException(
                        wanted.getSimpleName() + " has no field \"" + field + "\"; leave it out, or correct its name");
            }
        }
        @Nullable Object[] values = new @Nullable Object[shape.parts.size()];
        for (int i = 0; i < values.length; i++) {
            Part part = shape.parts.get(i);
            Object value = json.get(part.name);
            if (value == null && !OPTIONAL.contains(part.name)) {
                throw new IllegalArgumentException(wanted.getSimpleName() + " lacks \"" + part.name + "\"; add it");
            }
            values[i] = value == null ? null : fromJson(value, part.type, part.name);
        }
        try {
            return shape.constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            Throwable why = Objects.requireNonNullElse(refused.getCause(), refused);
            throw new IllegalArgumentException(why.getMessage(), why);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("constructors of our own records are public", e);
        }
    }

    private static Object fromJson(@Nullable Object json, Type type, String field) {
        if (type instanceof ParameterizedType generic) {
            Type[] inner = generic.getActualTypeArguments();
            if (generic.getRawType() == Map.class) {
                Map<?, ?> map = typed(json, Map.class, field);
                map.values().forEach(each -> fromJson(each, inner[1], field));
                return map;
            }
            List<Object> elements = new ArrayList<>();
            for (Object each : typed(json, List.class, field)) {
                elements.add(fromJson(each, inner[0], field));
            }
            return generic.getRawType() == Set.class ? Set.copyOf(elements) : elements;
        }
        Class<?> wanted = (Class<?>) type;
        if (wanted.isRecord()) {
            return toRecord(typed(json, Map.class, field), wanted);
        }
        if (wanted.isEnum()) {
            return Arrays.stream(wanted.getEnumConstants())
                    .filter(constant -> ((Enum<?>) constant).name().equals(json))
                    .findAny()
                    .orElseThrow(() -> new IllegalArgumentException("\"" + field + "\" must be one of "
                            + Arrays.toString(wanted.getEnumConstants()) + ", was " + json));
        }
        Class<?> boxed = wanted == long.class ? Long.class : wanted;
        return typed(json, boxed, field);
    }

    private static <T> T typed(@Nullable Object json, Class<T> wanted, String field) {
        if (!wanted.isInstance(json)) {
            String name = wanted == Long.class
                    ? "a whole number"
                    : wanted == String.class ? "a string" : wanted == List.class ? "an array" : "an object";
            throw new IllegalArgumentException("\"" + field + "\" must be " + name + ", was " + json);
        }
        return wanted.cast(json);
    }
}
