package dev.holdfast.spi;

/** The backend does not declare the capability that the operation needs. Thrown before any I/O. */
public final class UnsupportedCapabilityException extends UnsupportedOperationException {
    private final Capability capability;

    public UnsupportedCapabilityException(Capability capability, String operation) {
        super(operation + " needs " + capability + ", which this backend does not declare; see capabilities()");
        this.capability = capability;
    }

    public Capability capability() {
        return capability;
    }
}
