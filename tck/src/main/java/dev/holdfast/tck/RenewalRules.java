package dev.holdfast.tck;

/** Chapter R: renewal. */
abstract class RenewalRules extends RuleChapter {}
