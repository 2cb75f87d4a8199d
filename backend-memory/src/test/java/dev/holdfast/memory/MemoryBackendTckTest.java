package dev.holdfast.memory;

import dev.holdfast.spi.ManualTime;
import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;

class MemoryBackendTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open("memory:tck").withTime(new ManualTime());
    }
}
