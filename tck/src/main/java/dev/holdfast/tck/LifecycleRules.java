package dev.holdfast.tck;

/** Chapter Z: opening and closing. */
abstract class LifecycleRules extends RuleChapter {}
