package dev.holdfast.tck;

/** Chapter F: a scope knows its one current writer. */
abstract class FencingRules extends RuleChapter {}
