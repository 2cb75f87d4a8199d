package dev.holdfast.resilience;

import dev.holdfast.spi.Key;
import dev.holdfast.state.ScanRequest;

/** Requests for tests. */
final class Scanning {
    static final ScanRequest ALL = new ScanRequest(Key.EMPTY, null, 10, false);

    private Scanning() {}
}
