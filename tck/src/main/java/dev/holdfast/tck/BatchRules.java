package dev.holdfast.tck;

/** Chapter B: several keys in one call. */
abstract class BatchRules extends RuleChapter {}
