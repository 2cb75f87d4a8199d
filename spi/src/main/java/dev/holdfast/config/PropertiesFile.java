package dev.holdfast.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** Reads a properties file in UTF-8 and remembers lines, which {@link Properties} forgets, so that messages can name them. */
final class PropertiesFile {
    private PropertiesFile() {}

    /** @param number of the line on which the key stands, from 1 */
    record Line(String key, String value, int number) {}

    static List<Line> read(Path file) {
        List<String> physical;
        try {
            physical = Files.readAllLines(file);
        } catch (CharacterCodingException notText) {
            throw new ConfigException("the properties file " + file + " is not UTF-8");
        } catch (IOException unreadable) {
            throw new ConfigException("the properties file " + file + " cannot be read: "
                    + unreadable.getClass().getSimpleName());
        }
        List<Line> lines = new ArrayList<>();
        Map<String, Integer> seen = new HashMap<>();
        for (int i = 0; i < physical.size(); i++) {
            int number = i + 1;
            StringBuilder logical = new StringBuilder(i == 0 ? withoutBom(physical.get(0)) : physical.get(i));
            while (continues(logical) && i + 1 < physical.size()) {
                logical.append('\n').append(physical.get(++i));
            }
            parse(logical.toString(), file, number).forEach((key, value) -> {
                Integer before = seen.put(key.toString(), number);
                if (before != null && key.toString().startsWith(Settings.PROPERTY_PREFIX)) {
                    throw new ConfigException(Settings.shown(key.toString()) + " is given twice in " + file
                            + ", in lines " + before + " and " + number + "; remove one");
                }
                lines.add(new Line(key.toString(), value.toString(), number));
            });
        }
        return lines;
    }

    private static String withoutBom(String line) {
        return line.startsWith("\uFEFF") ? line.substring(1) : line;
    }

    /** Whether the line ends with an odd number of backslashes and is no comment. */
    private static boolean continues(CharSequence line) {
        String stripped = line.toString().stripLeading();
        if (stripped.startsWith("#") || stripped.startsWith("!")) {
            return false;
        }
        int backslashes = 0;
        while (backslashes < line.length() && line.charAt(line.length() - 1 - backslashes) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }

    private static Properties parse(String line, Path file, int number) {
        Properties one = new Properties();
        try {
            one.load(new StringReader(line));
        } catch (IllegalArgumentException | IOException malformed) {
            throw new ConfigException(file + ":" + number + " contains a malformed \\uXXXX escape");
        }
        return one;
    }
}
