package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The page that shows how to write a backend shows the one that passes the kit. */
class StrangerExampleTest {
    private static final Path PAGE = Path.of("..", "docs", "write-a-backend.md");
    private static final Path CODE = Path.of("src", "test", "java", "dev", "holdfast", "tck", "StrangerBackend.java");

    @Test
    void page_showsTheCodeThatIsTested() throws IOException {
        String page = Files.readString(PAGE);
        String shown = page.substring(page.indexOf("```java\n/**") + 8);
        shown = shown.substring(0, shown.indexOf("```"));
        assertEquals(withoutHead(), shown.lines().toList());
    }

    /** Of whoever copies it, outside this repository. */
    @Test
    void page_hasTheImportsAndTheVersion() throws IOException {
        String page = Files.readString(PAGE);
        Files.readString(CODE)
                .lines()
                .filter(line -> line.startsWith("import "))
                .forEach(line -> assertTrue(page.contains(line + "\n"), line));
        String pom = Files.readString(Path.of("..", "pom.xml"));
        String version = pom.substring(pom.indexOf("<version>"), pom.indexOf("</version>"));
        assertTrue(page.contains("<artifactId>holdfast-bom</artifactId>\n        " + version + "<"), version);
    }

    @Test
    void theExample_isAsShortAsThePageSays() throws IOException {
        long lines = withoutHead().stream().filter(line -> !line.isBlank()).count();
        assertTrue(lines <= 60, "lines of code: " + lines);
    }

    private static List<String> withoutHead() throws IOException {
        String code = Files.readString(CODE);
        return code.substring(code.indexOf("/**")).lines().toList();
    }
}
