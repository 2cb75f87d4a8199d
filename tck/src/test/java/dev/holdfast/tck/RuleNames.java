package dev.holdfast.tck;

import java.util.Locale;

/** How mistakes are told. */
final class RuleNames {
    private RuleNames() {}

    /** {@code NEVER_ENDS} as "never ends". */
    static String words(Enum<?> mistake) {
        return mistake.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
