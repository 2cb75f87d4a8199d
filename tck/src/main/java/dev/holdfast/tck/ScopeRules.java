package dev.holdfast.tck;

/** Chapter E: scopes: entries that live together. */
abstract class ScopeRules extends RuleChapter {}
