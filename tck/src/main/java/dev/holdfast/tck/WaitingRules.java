package dev.holdfast.tck;

/** Chapter W: waiting, wake-ups and interrupts. */
abstract class WaitingRules extends RuleChapter {}
