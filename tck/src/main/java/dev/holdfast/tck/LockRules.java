package dev.holdfast.tck;

/** Chapter L: lock basics. */
abstract class LockRules extends RuleChapter {}
