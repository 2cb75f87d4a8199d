package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page and the kit list the same rules in the same words. */
class ContractTest {
    private static final Path CONTRACT = Path.of("..", "docs", "contract.md");
    private static final Pattern RULE =
            Pattern.compile("- \\*\\*([A-Z]\\d\\d)\\*\\* (?:MUST|SHOULD)(?: \\([^)]*\\))?: (.*?)\\. Intent: \\S.*");

    @Test
    void contract_listsExactlyTheRulesOfTheKit() throws IOException {
        assertEquals(ofTheKit(), ofThePage());
    }

    @Test
    void contract_listsEachRuleInItsChapter() throws IOException {
        String chapter = "";
        for (String line : Files.readAllLines(CONTRACT)) {
            if (line.startsWith("## ")) {
                chapter = line.substring(3);
            }
            if (line.startsWith("- **") && Character.isDigit(line.charAt(5))) {
                assertTrue(RULE.matcher(line).matches(), "a rule with level, statement and intent: " + line);
                assertTrue(chapter.startsWith(line.charAt(4) + " — "), chapter + " lists " + line);
            }
        }
    }

    @Test
    void kit_usesEachNumberOnce() {
        List<String> ids = Rule.all().stream().map(Rule::id).toList();
        assertEquals(ids.stream().distinct().toList(), ids);
    }

    private static Map<String, String> ofTheKit() {
        Map<String, String> rules = new TreeMap<>();
        Rule.all().forEach(rule -> rules.put(rule.id(), rule.statement()));
        return rules;
    }

    private static Map<String, String> ofThePage() throws IOException {
        Map<String, String> rules = new TreeMap<>();
        List<String> twice = new ArrayList<>();
        for (String line : Files.readAllLines(CONTRACT)) {
            Matcher matcher = RULE.matcher(line);
            if (matcher.matches() && rules.put(matcher.group(1), plain(matcher.group(2))) != null) {
                twice.add(matcher.group(1));
            }
        }
        assertEquals(List.of(), twice, "rules listed twice");
        return rules;
    }

    /** A method's name has no commas, quotes or underscores; the page may. */
    private static String plain(String statement) {
        return statement.replaceAll("[,`'’]", "").replace('_', ' ');
    }
}
