package dev.holdfast.serde.msgpack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stored record or class as an {@link Upcaster} sees it: fields by name, whatever the class looks like today. Confined to the thread
 * that upcasts.
 *
 * <p>A field is null, a {@link Boolean}, {@link Long} (all integers, {@link java.math.BigInteger} above 64 bits), {@link Float},
 * {@link Double}, {@link String} (text, enums, dates), {@code byte[]} (binary, UUIDs), {@link java.math.BigDecimal},
 * {@link java.time.Instant}, a {@link List} (collections, arrays) or a {@link Map} (maps and objects), the last two of such and to be
 * changed in place. A value of a sealed type has the field {@code @type}, the simple name of its class.
 */
public final class Document {
    private final Map<Object, @Nullable Object> fields;

    Document(Map<Object, @Nullable Object> fields) {
        this.fields = fields;
    }

    /** The names of the fields, as they are now. */
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        fields.keySet().forEach(name -> names.add((String) name));
        return names;
    }

    public boolean has(String name) {
        return fields.containsKey(name);
    }

    /** The field; null if it is null or not there. */
    public @Nullable Object get(String name) {
        return fields.get(name);
    }

    /** The field of a text, an enum or a date. Throws {@link IllegalArgumentException} if it is something else or not there. */
    public String text(String name) {
        return as(String.class, name);
    }

    /** The field of an integer. Throws {@link IllegalArgumentException} if it is something else or not there. */
    public long integer(String name) {
        return as(Long.class, name);
    }

    /** The field of an object; changes go through. Throws {@link IllegalArgumentException} if it is something else or not there. */
    public Document document(String name) {
        return document(as(Map.class, name));
    }

    /** The field of several objects; changes go through. Throws {@link IllegalArgumentException} if it is something else or not there. */
    public List<Document> documents(String name) {
        List<Document> documents = new ArrayList<>();
        for (Object each : as(List.class, name)) {
            if (!(each instanceof Map)) {
                throw new IllegalArgumentException("field " + name + " is no list of objects");
            }
            documents.add(document((Map<?, ?>) each));
        }
        return documents;
    }

    @SuppressWarnings("unchecked")
    private static Document document(Map<?, ?> fields) {
        return new Document((Map<Object, @Nullable Object>) fields);
    }

    private <T> T as(Class<T> type, String name) {
        Object value = fields.get(name);
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("field " + name + " is "
                    + (fields.containsKey(name) ? "no " : "not there, as a ") + type.getSimpleName());
        }
        return type.cast(value);
    }

    /** Sets a field to a value of the types above, or to an {@link Integer}, {@link Short}, {@link Byte} or a {@link Document}. */
    public Document put(String name, @Nullable Object value) {
        fields.put(name, value instanceof Document document ? document.fields : value);
        return this;
    }

    /** Takes a field away and returns what it was; null if it was null or not there. */
    public @Nullable Object remove(String name) {
        return fields.remove(name);
    }

    /** Gives a field another name; nothing if it is not there. Throws {@link IllegalArgumentException} if the new one is taken. */
    public Document rename(String from, String to) {
        if (fields.containsKey(from)) {
            if (fields.containsKey(to)) {
                throw new IllegalArgumentException("field " + to + " is there already");
            }
            fields.put(to, fields.remove(from));
        }
        return this;
    }

    /** A document without fields. */
    public static Document empty() {
        return new Document(new LinkedHashMap<>());
    }

    /** Shows the names only. */
    @Override
    public String toString() {
        return "Document" + fields.keySet();
    }
}
