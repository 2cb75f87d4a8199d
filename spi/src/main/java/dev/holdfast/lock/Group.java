package dev.holdfast.lock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The members, taken together. */
final class Group implements LockGroup {
    private final List<LockGuard> guards;

    Group(List<LockGuard> guards) {
        this.guards = List.copyOf(guards);
    }

    @Override
    public List<LockGuard> guards() {
        return guards;
    }

    @Override
    public LockGuard guard(String name) {
        return guards.stream()
                .filter(guard -> guard.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the group has no lock \"" + name + "\", only "
                        + guards.stream().map(LockGuard::name).toList()));
    }

    @Override
    public Duration remaining() {
        return guards.stream()
                .map(LockGuard::remaining)
                .min(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }

    @Override
    public LockGuard.State state() {
        List<LockGuard.State> states = guards.stream().map(LockGuard::state).toList();
        for (LockGuard.State worst : List.of(LockGuard.State.LOST, LockGuard.State.RELEASED, LockGuard.State.AT_RISK)) {
            if (states.contains(worst)) {
                return worst;
            }
        }
        return LockGuard.State.HELD;
    }

    @Override
    public void ensureHeld() {
        guards.forEach(LockGuard::ensureHeld);
    }

    @Override
    public void onLost(Consumer<LossReason> listener) {
        AtomicBoolean told = new AtomicBoolean();
        guards.forEach(guard -> guard.onLost(reason -> {
            if (!told.getAndSet(true)) {
                listener.accept(reason);
            }
        }));
    }

    @Override
    public ReleaseOutcome release() {
        // All are sent before any answer is waited for: several releases cost about one round trip.
        List<CompletableFuture<ReleaseOutcome>> outcomes = new ArrayList<>();
        guards.forEach(guard -> outcomes.add(guard.releaseAsync().toCompletableFuture()));
        return outcomes.stream()
                .map(CompletableFuture::join)
                .max(Comparator.naturalOrder())
                .orElse(ReleaseOutcome.RELEASED);
    }

    @Override
    public void close() {
        guards.forEach(LockGuard::close);
    }

    @Override
    public String toString() {
        return "locks " + guards;
    }
}
