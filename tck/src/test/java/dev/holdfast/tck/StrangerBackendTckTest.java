package dev.holdfast.tck;

import dev.holdfast.spi.ManualTime;

/** Scopes, fencing, locks and events over a map that knows nothing of them. */
class StrangerBackendTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open("stranger:tck").withTime(new ManualTime());
    }
}
