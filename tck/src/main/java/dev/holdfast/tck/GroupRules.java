package dev.holdfast.tck;

/** Chapter M: many locks at once. */
abstract class GroupRules extends RuleChapter {}
