package dev.holdfast.redis;

import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore.Signals;
import dev.holdfast.spi.LeaseId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Writes down what signals come. */
final class Heard implements Signals {
    final List<String> heard = new CopyOnWriteArrayList<>();
    final AtomicInteger disturbed = new AtomicInteger();

    @Override
    public void available(LockName name, @Nullable LeaseId waiter) {
        heard.add("available " + name.name() + " " + waiter);
    }

    @Override
    public void contended(LockName name) {
        heard.add("contended " + name.name());
    }

    @Override
    public void gone(LockName name, LeaseId holder) {
        heard.add("gone " + name.name() + " " + holder);
    }

    @Override
    public void disturbed() {
        disturbed.incrementAndGet();
    }
}
