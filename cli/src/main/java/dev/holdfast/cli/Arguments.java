package dev.holdfast.cli;

import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The words after a command: {@code --name value}, {@code --name=value}, and others. One thread at a time. */
final class Arguments {
    private final Iterator<String> words;
    private final Set<String> given = new HashSet<>();
    private String word = "";
    private String name = "";
    private @Nullable String attached;

    Arguments(List<String> words) {
        this.words = words.iterator();
    }

    /** Goes to the next one, if there is one. Throws {@link UsageException} for an option that was there before. */
    boolean next() {
        if (!words.hasNext()) {
            return false;
        }
        word = words.next();
        int equals = word.startsWith("--") ? word.indexOf('=') : -1;
        name = equals < 0 ? word : word.substring(0, equals);
        attached = equals < 0 ? null : word.substring(equals + 1);
        if (name.startsWith("--") && !given.add(name)) {
            throw new UsageException(name + " is given twice; give it once");
        }
        return true;
    }

    /** The word, as it was given. */
    String word() {
        return word;
    }

    /** The option's name, or the word, for a message; but not a word that may be a URL, and that with a password. */
    String shown() {
        return shown(name);
    }

    static String shown(String word) {
        return word.matches("[\\w.+-]*")
                ? "\"" + word + "\""
                : "a word that is not repeated, for it may be a URL with a secret";
    }

    /** The word without what is behind an equals sign. */
    String name() {
        return name;
    }

    /** The option's value: behind the equals sign, or the next word. */
    String text() {
        if (attached != null) {
            return attached;
        }
        if (!words.hasNext()) {
            throw new UsageException(name + " needs a value: " + name + " X");
        }
        return words.next();
    }

    long number(long least, long most) {
        String text = text();
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            throw new UsageException(name + " needs a whole number, not \"" + text + "\"");
        }
        throw new UsageException(name + " must be from " + least + " to " + most + ", was " + text);
    }

    /** For an option that is there or not. */
    boolean flag() {
        if (attached != null) {
            throw new UsageException(name + " takes no value, but was given \"" + attached + "\"");
        }
        return true;
    }
}
