package dev.holdfast.lock;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An acquisition under way that needs no thread. Its future is the engine's own; users get one that {@link #hand} makes.
 *
 * @param <T> what it gets
 */
final class Pursuit<T> {
    private final CompletableFuture<T> result;
    private final Runnable giveUp;
    private final Consumer<T> undo;

    private Pursuit(CompletableFuture<T> result, Runnable giveUp, Consumer<T> undo) {
        this.result = result;
        this.giveUp = giveUp;
        this.undo = undo;
    }

    /** Waits for one lock. */
    static Pursuit<Optional<LockGuard>> ofOne(Holds holds, LockName name, Terms terms) {
        Waiter.Future waiter = new Waiter.Future(terms);
        Ask first = holds.enter(name, waiter);
        if (first != null) {
            first.hold().askFirst(first);
        }
        return new Pursuit<>(waiter.result, () -> leave(waiter), guard -> guard.ifPresent(LockGuard::close));
    }

    private static void leave(Waiter waiter) {
        Hold hold = waiter.hold;
        if (hold != null) {
            hold.leave(waiter, false);
        }
    }

    /** Waits for several locks at once, each for itself; an error of one is an error of all. */
    static Pursuit<List<Optional<LockGuard>>> ofEach(Holds holds, List<LockName> names, Terms terms) {
        List<Pursuit<Optional<LockGuard>>> each = new ArrayList<>(names.size());
        try {
            names.forEach(name -> each.add(ofOne(holds, name, terms)));
        } catch (RuntimeException error) {
            each.forEach(Pursuit::abandon);
            throw error;
        }
        CompletableFuture<List<Optional<LockGuard>>> result = new CompletableFuture<>();
        Runnable giveUp = () -> each.forEach(one -> one.giveUp.run());
        each.forEach(one -> one.result.whenComplete((guard, error) -> {
            if (error != null) {
                // What the others would get would only go back.
                giveUp.run();
            }
        }));
        CompletableFuture.allOf(each.stream().map(one -> one.result).toArray(CompletableFuture[]::new))
                .whenComplete((nothing, error) -> {
                    if (error == null) {
                        result.complete(
                                each.stream().map(one -> one.result.join()).toList());
                    } else {
                        each.forEach(Pursuit::abandon);
                        result.completeExceptionally(plain(error));
                    }
                });
        return new Pursuit<>(result, giveUp, guards -> guards.forEach(guard -> guard.ifPresent(LockGuard::close)));
    }

    /**
     * Takes several locks one after the other in the order of their UTF-8 bytes, the same for everybody, so that no two processes wait
     * for each other in a circle. The group is in the order given.
     */
    static Pursuit<Optional<LockGroup>> ofAll(Holds holds, List<LockName> names, Terms terms) {
        return new Climb(holds, names, terms).begin();
    }

    /** The steps of {@link #ofAll}. One step at a time; {@code giveUp} may come at any moment. */
    private static final class Climb {
        private final Holds holds;
        private final LockName[] order;
        private final List<LockName> given;
        private final Terms terms;
        private final long until;
        private final List<LockGuard> taken = new ArrayList<>();
        private final CompletableFuture<Optional<LockGroup>> result = new CompletableFuture<>();
        private volatile @Nullable Pursuit<Optional<LockGuard>> step;
        private volatile boolean givenUp;

        Climb(Holds holds, List<LockName> names, Terms terms) {
            this.holds = holds;
            this.given = names;
            this.order = names.toArray(LockName[]::new);
            Arrays.sort(order, Terms.BY_UTF8);
            this.terms = terms;
            this.until = Deadlines.after(holds.deadlines.now(), terms.withinNanos());
        }

        Pursuit<Optional<LockGroup>> begin() {
            next();
            return new Pursuit<>(result, this::giveUp, group -> group.ifPresent(LockGroup::close));
        }

        private void next() {
            while (taken.size() < order.length) {
                Pursuit<Optional<LockGuard>> one;
                try {
                    one = ofOne(holds, order[taken.size()], terms.within(left()));
                } catch (RuntimeException error) {
                    fail(error);
                    return;
                }
                step = one;
                if (givenUp) {
                    one.giveUp.run();
                }
                // A store that answers at once must not make this a recursion as deep as there are names.
                if (!one.result.isDone()) {
                    one.result.whenComplete((guard, error) -> {
                        if (took(one)) {
                            next();
                        }
                    });
                    return;
                }
                if (!took(one)) {
                    return;
                }
            }
            arrive();
        }

        private long left() {
            return until == Deadlines.NEVER ? until : Math.max(0, until - holds.deadlines.now());
        }

        /** Whether to go on. */
        private boolean took(Pursuit<Optional<LockGuard>> one) {
            try {
                Optional<LockGuard> guard = one.result.join();
                guard.ifPresent(taken::add);
                if (guard.isPresent() && !givenUp) {
                    return true;
                }
                rollBack();
                result.complete(Optional.empty());
            } catch (RuntimeException error) {
                fail(plain(error));
            }
            return false;
        }

        private void arrive() {
            // A fixed lease may have ended while the others were waited for.
            if (!taken.stream().allMatch(LockGuard::isHeld)) {
                rollBack();
                result.complete(Optional.empty());
                return;
            }
            Map<String, LockGuard> byName = new HashMap<>();
            taken.forEach(guard -> byName.put(guard.name(), guard));
            result.complete(Optional.of(new Group(
                    given.stream().map(name -> byName.get(name.name())).toList())));
        }

        private void fail(Throwable error) {
            rollBack();
            result.completeExceptionally(error);
        }

        private void rollBack() {
            taken.forEach(LockGuard::close);
            taken.clear();
        }

        private void giveUp() {
            givenUp = true;
            Pursuit<Optional<LockGuard>> current = step;
            if (current != null) {
                current.giveUp.run();
            }
        }
    }

    /** Gives up; what it gets all the same goes back. */
    void abandon() {
        giveUp.run();
        result.whenComplete((got, error) -> {
            if (error == null) {
                undo.accept(got);
            }
        });
    }

    /** Blocks until it ends. An interrupt gives up. */
    T await() throws InterruptedException {
        try {
            return result.get();
        } catch (InterruptedException interrupt) {
            abandon();
            throw interrupt;
        } catch (ExecutionException wrapped) {
            Throwable error = wrapped.getCause();
            if (error instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw new IllegalStateException("the lock engine failed", error);
        }
    }

    /** The user's future: completed where callbacks run; however else it completes, the acquisition is given up. */
    <R> CompletableFuture<R> hand(Holds holds, Function<? super T, ? extends R> change) {
        CompletableFuture<R> handed = new CompletableFuture<>();
        if (result.isDone()) {
            // The user cannot have attached anything yet.
            deliver(handed, change);
            return handed;
        }
        handed.whenComplete((got, error) -> {
            if (!result.isDone()) {
                giveUp.run();
            }
        });
        result.whenComplete((got, error) -> holds.time.callbacks().execute(() -> deliver(handed, change)));
        return handed;
    }

    private <R> void deliver(CompletableFuture<R> handed, Function<? super T, ? extends R> change) {
        try {
            T got = result.join();
            if (!handed.complete(change.apply(got))) {
                undo.accept(got);
            }
        } catch (RuntimeException error) {
            handed.completeExceptionally(plain(error));
        }
    }

    private static Throwable plain(Throwable error) {
        Throwable cause = error.getCause();
        return error instanceof CompletionException && cause != null ? cause : error;
    }
}
