package dev.holdfast.tck;

/** Chapter D: configuration and errors. */
abstract class ConfigRules extends RuleChapter {}
