package dev.holdfast.backend;

/**
 * Observes a backend's operations. Costs nothing when none is given: the observing layer is only there with a listener. Methods are
 * called on the thread that ends the operation; they return quickly, and what they throw is logged and changes nothing.
 */
public interface BackendListener {

    /**
     * An operation on a port ended.
     *
     * @param operation such as {@code state.read}, {@code state.apply}, {@code lock.tryGrant}, {@code events.publish}
     * @param nanos how long it took
     * @param outcome what became of it
     */
    void ended(String operation, long nanos, Result outcome);

    /** How an operation can end. */
    enum Result {
        /** As asked. */
        OK,
        /** Certainly not applied: unavailable. */
        NOT_APPLIED,
        /** The reply was lost. */
        UNKNOWN,
        /** Refused, corrupt or a programming mistake. */
        REJECTED
    }
}
