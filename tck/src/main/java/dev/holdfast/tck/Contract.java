package dev.holdfast.tck;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The contract as its page tells it: what each rule is for, and the names of the chapters. Immutable. */
final class Contract {
    private static final Pattern RULE =
            Pattern.compile("- \\*\\*([A-Z]\\d\\d)\\*\\* (MUST|SHOULD)(?: \\(([^)]*)\\))?: (.*?)\\. Intent: (\\S.*)");
    private static final Pattern CHAPTER = Pattern.compile("## ([A-Z]) — (.*)");

    /**
     * A rule's entry.
     *
     * @param level MUST or SHOULD, with the condition behind it if there is one
     */
    record Entry(String level, String statement, String intent) {}

    private static final String UNTESTED = "## What cannot be tested";

    private final Map<String, Entry> rules = new HashMap<>();
    private final Map<String, String> chapters = new HashMap<>();
    private final List<String> untested;

    private Contract(String page) {
        page.lines().forEach(line -> {
            Matcher rule = RULE.matcher(line);
            Matcher chapter = CHAPTER.matcher(line);
            if (rule.matches()) {
                String level = rule.group(2) + (rule.group(3) == null ? "" : ", " + rule.group(3));
                rules.put(rule.group(1), new Entry(level, rule.group(4), rule.group(5)));
            } else if (chapter.matches()) {
                chapters.put(chapter.group(1), chapter.group(2));
            }
        });
        untested = page.substring(page.indexOf(UNTESTED))
                .lines()
                .filter(line -> line.startsWith("- "))
                .map(line -> line.substring(2))
                .toList();
    }

    /** The page that comes with the kit. */
    static Contract load() {
        try (InputStream page = Objects.requireNonNull(Contract.class.getResourceAsStream("contract.md"))) {
            return new Contract(new String(page.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException damaged) {
            throw new UncheckedIOException("contract.md cannot be read", damaged);
        }
    }

    Entry entry(Rule rule) {
        return Objects.requireNonNull(rules.get(rule.id()), rule.id());
    }

    /** What the chapter is about. */
    String chapter(String letter) {
        return Objects.requireNonNull(chapters.get(letter), letter);
    }

    /** What no rule proves, and why. */
    List<String> untested() {
        return untested;
    }
}
