package dev.holdfast.tck;

/** Chapter K: keys and values are bytes, and nobody reads anything into them. */
abstract class KeyRules extends RuleChapter {}
