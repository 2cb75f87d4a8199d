package dev.holdfast.tck;

/** Chapter X: leases end in time. */
abstract class LeaseRules extends RuleChapter {}
