package dev.holdfast.tck;

/** Chapter Y: events. */
abstract class EventRules extends RuleChapter {}
