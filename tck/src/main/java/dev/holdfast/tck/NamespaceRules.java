package dev.holdfast.tck;

/** Chapter N: namespaces keep the users of one store apart. */
abstract class NamespaceRules extends RuleChapter {}
