package dev.holdfast.tck;

/** Chapter F: fencing tokens rise. */
abstract class TokenRules extends RuleChapter {}
