package dev.holdfast.tck;

/** Text in a page. */
final class Html {
    private Html() {}

    /** The text so that a page shows it as it is; characters that have no look become dots. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(character -> {
            switch (character) {
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '&' -> escaped.append("&amp;");
                case '"' -> escaped.append("&quot;");
                case '\n' -> escaped.append('\n');
                default -> escaped.appendCodePoint(isVisible(character) ? character : '·');
            }
        });
        return escaped.toString();
    }

    private static boolean isVisible(int character) {
        return !Character.isISOControl(character)
                && Character.isDefined(character)
                && Character.getType(character) != Character.SURROGATE;
    }
}
