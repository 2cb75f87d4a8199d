package dev.holdfast.config;

/**
 * Where a value was given.
 *
 * @param phrase follows "given"
 */
record Source(Rank rank, String phrase) {
    static final Source BUILDER = new Source(Rank.BUILDER, "on the builder");
    static final Source URL = new Source(Rank.URL, "in the URL");

    static Source variable(String name) {
        return new Source(Rank.ENVIRONMENT, "in the environment variable " + name);
    }

    static Source line(Object file, int line) {
        return new Source(Rank.FILE, "in " + file + ":" + line);
    }

    /** From weak to strong: a value of a later rank replaces one of an earlier. */
    enum Rank {
        FILE,
        ENVIRONMENT,
        URL,
        BUILDER
    }
}
