package dev.holdfast.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The BOM has no parent, so nothing but this keeps its version and its list true. */
class BomTest {
    /** Surefire starts tests in the folder of their module. */
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    /** The modules nobody can depend on. */
    private static final Set<String> UNPUBLISHED = Set.of("bom", "architecture", "benchmarks");

    @Test
    void bom_listsEveryPublishedModule() throws Exception {
        Set<String> published = all("<module>([^<]+)</module>", "pom.xml");
        published.removeAll(UNPUBLISHED);

        Set<String> listed = all("<artifactId>holdfast-([^<]+)</artifactId>", "bom/pom.xml");
        listed.remove("bom");

        assertEquals(published, listed);
    }

    @Test
    void bom_hasTheVersionOfItsModules() throws Exception {
        String version = "</artifactId>\\s*<version>([^<$]+)</version>";
        assertEquals(
                all("<artifactId>holdfast-parent" + version, "pom.xml"),
                all("<artifactId>holdfast-bom" + version, "bom/pom.xml"));
    }

    private static Set<String> all(String pattern, String file) throws Exception {
        Set<String> found = new TreeSet<>();
        var matcher = Pattern.compile(pattern).matcher(Files.readString(ROOT.resolve(file)));
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }
}
