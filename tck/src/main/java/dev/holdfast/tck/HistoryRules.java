package dev.holdfast.tck;

/** Chapter G: histories of concurrent runs. */
abstract class HistoryRules extends RuleChapter {}
