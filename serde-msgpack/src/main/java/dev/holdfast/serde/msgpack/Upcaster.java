package dev.holdfast.serde.msgpack;

/** Brings a stored value from one version of its schema to the next. Called by many threads at once. */
@FunctionalInterface
public interface Upcaster {

    /** Changes the document in place. What it throws makes the value corrupt, with that as the cause. */
    void upcast(Document document);
}
