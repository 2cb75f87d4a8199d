package dev.holdfast.memory;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;

/** By the clock on the wall, and with listeners on threads of their own. */
class MemoryBackendRealTimeTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open("memory:tck-by-real-time");
    }
}
