package dev.holdfast.cli;

import java.io.PrintStream;
import java.util.Map;

/** Where the command prints: lines, and on a terminal one line of progress that is written over. One thread at a time. */
final class Screen {
    private final PrintStream out;
    private final boolean terminal;
    private final boolean colours;
    private int statusLength;

    Screen(PrintStream out, boolean terminal, boolean colours) {
        this.out = out;
        this.terminal = terminal;
        this.colours = terminal && colours;
    }

    /** The standard output; the launcher knows whether it is a terminal, which Java 17 cannot tell. */
    static Screen standard(Map<String, String> environment) {
        boolean terminal = Boolean.getBoolean("holdfast.terminal")
                && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        boolean colours = environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Screen(System.out, terminal, colours);
    }

    boolean isTerminal() {
        return terminal;
    }

    void line(String text) {
        clearStatus();
        out.println(text);
    }

    void line() {
        line("");
    }

    /** Shows the progress in place of the last one. Does nothing if this is no terminal. */
    void status(String text) {
        if (terminal) {
            // Blanks and not a control sequence wipe the rest, for these are kept from those who want no colour, too.
            out.print("\r" + text + " ".repeat(Math.max(0, statusLength - text.length())));
            out.flush();
            statusLength = text.length();
        }
    }

    void clearStatus() {
        if (statusLength > 0) {
            out.print("\r" + " ".repeat(statusLength) + "\r");
            statusLength = 0;
        }
    }

    String bold(String text) {
        return coloured("1", text);
    }

    String good(String text) {
        return coloured("1;32", text);
    }

    String bad(String text) {
        return coloured("1;31", text);
    }

    private String coloured(String code, String text) {
        return colours ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
