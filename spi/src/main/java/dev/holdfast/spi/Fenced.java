package dev.holdfast.spi;

/** Something that writes under a fencing token, such as the guard of a lock. */
public interface Fenced {
    /** The token; the same for the life of this object. */
    FencingToken fence();
}
