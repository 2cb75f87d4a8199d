package dev.holdfast.memory;

import dev.holdfast.tck.BackendTck;
import dev.holdfast.tck.TckSubject;

/** The rules on the machine's clocks: what depends on threads and timers, and rules that cannot be tried on a manual clock. */
class MemoryRealTimeTckTest extends BackendTck {
    @Override
    protected TckSubject subject() {
        return TckSubject.open("memory:tck-real-time");
    }
}
