/** Recording histories of concurrent runs and checking them; usable without the rest of Holdfast. */
module dev.holdfast.history {
    requires static transitive org.jspecify;

    exports dev.holdfast.history;
}
