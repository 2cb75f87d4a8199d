package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ScreenTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void status_isOnlyForTerminals() {
        screen(false, true).status("half");
        assertEquals("", printed());
    }

    @Test
    void status_isWrittenOver() {
        Screen screen = screen(true, false);
        screen.status("half done");
        screen.status("done");
        screen.line("end");
        assertEquals("\rhalf done\rdone     \r    \rend" + System.lineSeparator(), printed());
    }

    @Test
    void colours_areOnlyForTerminalsThatWantThem() {
        assertEquals("good", screen(false, true).good("good"));
        assertEquals("good", screen(true, false).good("good"));
        assertEquals("\u001b[1;32mgood\u001b[0m", screen(true, true).good("good"));
    }

    private Screen screen(boolean terminal, boolean colours) {
        return new Screen(new PrintStream(out, true, StandardCharsets.UTF_8), terminal, colours);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
