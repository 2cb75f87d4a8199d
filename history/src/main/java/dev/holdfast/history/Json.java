package dev.holdfast.history;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * As much JSON as histories need: strings, whole numbers, arrays, objects and null (RFC 8259 without fractions, true and false). It is
 * printed on one line of ASCII.
 */
final class Json {

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Prints strings, longs, collections and maps of these. */
    static String print(Object value) {
        StringBuilder out = new StringBuilder();
        print(value, out);
        return out.toString();
    }

    private static void print(Object value, StringBuilder out) {
        if (value instanceof Long number) {
            out.append(number.longValue());
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            for (Iterator<? extends Map.Entry<?, ?>> i = map.entrySet().iterator(); i.hasNext(); ) {
                Map.Entry<?, ?> field = i.next();
                print(field.getKey(), out);
                out.append(':');
                print(field.getValue(), out);
                out.append(i.hasNext() ? "," : "");
            }
            out.append('}');
        } else if (value instanceof Collection<?> elements) {
            out.append('[');
            for (Iterator<?> i = elements.iterator(); i.hasNext(); ) {
                print(i.next(), out);
                out.append(i.hasNext() ? "," : "");
            }
            out.append(']');
        } else {
            printString((String) value, out);
        }
    }

    private static void printString(String value, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                out.append(String.format("\\u%04x", (int) c)); // lone surrogates too, which no encoding could carry
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    /** Parses one value, with blanks anywhere between; throws {@code IllegalArgumentException}. */
    static @Nullable Object parse(String text) {
        Json json = new Json(text);
        @Nullable Object value = json.value();
        if (json.peek() != 0) {
            throw json.unexpected();
        }
        return value;
    }

    private @Nullable Object value() {
        char c = peek();
        if (c == '{') {
            Map<String, @Nullable Object> fields = new LinkedHashMap<>();
            for (expect('{'); peek() != '}'; comma('}')) {
                String name = string();
                expect(':');
                if (fields.containsKey(name)) {
                    throw new IllegalArgumentException("\"" + name + "\" is given twice; give it once");
                }
                fields.put(name, value());
            }
            expect('}');
            return fields;
        }
        if (c == '[') {
            List<@Nullable Object> elements = new ArrayList<>();
            for (expect('['); peek() != ']'; comma(']')) {
                elements.add(value());
            }
            expect(']');
            return elements;
        }
        if (c == 'n' && text.startsWith("null", at)) {
            at += "null".length();
            return null;
        }
        return c == '"' ? string() : number();
    }

    private Long number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        if (start == at) {
            throw unexpected();
        }
        try {
            return Long.valueOf(text.substring(start, at));
        } catch (NumberFormatException other) {
            throw new IllegalArgumentException(text.substring(start, at) + " is no whole number of 64 bits", other);
        }
    }

    private String string() {
        expect('"');
        StringBuilder value = new StringBuilder();
        for (char c = next(); c != '"'; c = next()) {
            if (c < ' ') {
                throw unexpected();
            }
            value.append(c == '\\' ? escaped() : c);
        }
        return value.toString();
    }

    private char escaped() {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> (char) (digit() << 12 | digit() << 8 | digit() << 4 | digit());
            default -> throw unexpected();
        };
    }

    private int digit() {
        int digit = Character.digit(next(), 16);
        if (digit < 0) {
            throw unexpected();
        }
        return digit;
    }

    private void comma(char end) {
        if (peek() != end) {
            expect(',');
        }
    }

    private void expect(char c) {
        if (peek() != c) {
            throw unexpected();
        }
        at++;
    }

    /** The next character that is not blank, or 0 at the end. */
    private char peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private char next() {
        if (at >= text.length()) {
            throw unexpected();
        }
        return text.charAt(at++);
    }

    private IllegalArgumentException unexpected() {
        return new IllegalArgumentException("no JSON at column " + (Math.min(at, text.length()) + 1));
    }
}
