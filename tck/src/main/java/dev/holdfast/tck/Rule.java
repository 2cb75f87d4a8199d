package dev.holdfast.tck;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * One rule, as its method's name tells it: {@code C02_compareAndSet_leaves_the_value_alone_when_it_loses}.
 *
 * @param id the chapter's letter and two digits
 * @param statement the sentence
 */
public record Rule(String id, String statement) {
    private static final Pattern NAME = Pattern.compile("([A-Z]\\d\\d)_(\\w+)");

    static Rule of(Method method) {
        Matcher matcher = NAME.matcher(method.getName());
        if (!matcher.matches()) {
            throw new IllegalStateException(method + " is not named like a rule: C02_compareAndSet_leaves_...");
        }
        return new Rule(matcher.group(1), matcher.group(2).replace('_', ' '));
    }

    String chapter() {
        return id.substring(0, 1);
    }

    /** Whether it can be run only by somebody who can break the store. */
    public boolean needsFaults() {
        return Arrays.stream(FaultRules.class.getDeclaredMethods())
                .anyMatch(method -> method.getName().startsWith(id + "_"));
    }

    /** All rules of the kit, in the order of the contract. */
    public static List<Rule> all() {
        List<Rule> rules = new ArrayList<>();
        Arrays.stream(BackendTck.class.getDeclaredClasses())
                .filter(chapter -> chapter.isAnnotationPresent(Nested.class))
                .sorted(Comparator.comparingInt(
                        chapter -> chapter.getAnnotation(Order.class).value()))
                .forEach(chapter -> Arrays.stream(chapter.getSuperclass().getDeclaredMethods())
                        .filter(method -> method.isAnnotationPresent(Test.class))
                        .map(Rule::of)
                        .sorted(Comparator.comparing(Rule::id))
                        .forEach(rules::add));
        return rules;
    }

    @Override
    public String toString() {
        return id + " " + statement;
    }
}
