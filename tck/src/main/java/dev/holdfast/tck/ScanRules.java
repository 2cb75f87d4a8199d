package dev.holdfast.tck;

/** Chapter Q: scans, counts and clears by prefix. */
abstract class ScanRules extends RuleChapter {}
