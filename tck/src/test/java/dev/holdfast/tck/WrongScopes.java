package dev.holdfast.tck;

import static dev.holdfast.tck.WrongBackend.Depth.BLATANT;
import static dev.holdfast.tck.WrongBackend.Depth.CONCURRENT;
import static dev.holdfast.tck.WrongBackend.Depth.HISTORY;
import static dev.holdfast.tck.WrongBackend.Depth.ORDINARY;
import static dev.holdfast.tck.WrongBackend.Depth.TIMING;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.FencingToken;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.ManualTime;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Batch;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Condition;
import dev.holdfast.state.KeyedState;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import dev.holdfast.tck.WrongBackend.Depth;
import dev.holdfast.tck.WrongFaces.Wrong;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Backends wrong about scopes, batches, marks and fences. */
final class WrongScopes {
    private WrongScopes() {}

    private static WrongBackend face(String how, Depth depth, String rules, String methods, Wrong wrong) {
        return new WrongBackend(
                how,
                depth,
                rules,
                () -> Rig.full(right -> WrongFaces.of(right, Set.of(methods.split(" ", -1)), wrong)));
    }

    private static WrongBackend store(String how, Depth depth, String rules, Function<ManualTime, StateStore> wrong) {
        return new WrongBackend(how, depth, rules, () -> Rig.of(wrong, LockTable.Mistake.NONE, right -> right));
    }

    /** A store that applies another commit than it was given. */
    private static WrongBackend commits(String how, Depth depth, String rules, UnaryOperator<Commit> other) {
        return store(how, depth, rules, time -> new FullMapStore(time) {
            @Override
            CommitResult commit(Space scope, Commit commit) {
                return super.commit(scope, other.apply(commit));
            }
        });
    }

    static Stream<WrongBackend> all() {
        return Stream.of(scopes(), batches(), marks(), commits()).flatMap(some -> some);
    }

    // --- Scopes

    private static Stream<WrongBackend> scopes() {
        return Stream.of(
                face(
                        "scopes without case",
                        ORDINARY,
                        "E02",
                        "StateBackend.scope",
                        call -> call.with(new String(
                                WrongStores.upperCase(RuleChapter.bytes(call.argument(0))), StandardCharsets.UTF_8))),
                face(
                        "a compareAndSet in a scope compares nothing",
                        ORDINARY,
                        "E03",
                        "Scope.compareAndSet",
                        call -> Optional.of(call.face(KeyedState.class).put(call.argument(0), call.argument(2)))),
                face("clear of a scope clears all of it", ORDINARY, "E04", "Scope.clear", call -> call.with(Key.EMPTY)),
                commits(
                        "a drop that drops nothing",
                        BLATANT,
                        "E10",
                        commit -> new Commit(commit.fence(), commit.after(), commit.id(), false, commit.mutations())),
                store("scopes are listed whatever the prefix", ORDINARY, "E11", time -> new FullMapStore(time) {
                    @Override
                    boolean isListed(Space scope, Key prefix) {
                        return super.isListed(scope, Key.EMPTY);
                    }
                }),
                store("forget forgets nothing", BLATANT, "E12,F26", time -> new FullMapStore(time) {
                    @Override
                    void forgotten(Space scope) {}
                }),
                store(
                        "what has ended is there again at every second look",
                        HISTORY,
                        "G04",
                        time -> new FullMapStore(time) {
                            private static final long GHOST_NANOS = 4_000_000;
                            private int looks;

                            @Override
                            public synchronized Call<Stored> read(Space space, Key key) {
                                Timed timed = entries(space).get(key);
                                boolean justOver = timed != null
                                        && time.nanos() - timed.end() >= 0
                                        && time.nanos() - timed.end() < GHOST_NANOS;
                                return justOver && looks++ % 2 == 1
                                        ? Call.done(timed.stored().copy())
                                        : super.read(space, key);
                            }
                        }),
                store("entries of a scope never end", TIMING, "E17", time -> new FullMapStore(time) {
                    @Override
                    boolean change(Space space, Mutation mutation) {
                        boolean put = space.kind() == Space.Kind.SCOPE && mutation.kind() == Mutation.Kind.PUT;
                        return super.change(
                                space,
                                put
                                        ? Mutation.put(mutation.key(), mutation.condition(), mutation.stored(), 0)
                                        : mutation);
                    }
                }),
                new WrongBackend(
                        "a time in a scope is dropped",
                        ORDINARY,
                        "E18",
                        () -> Rig.bare(
                                right -> WrongFaces.of(right, Set.of("Scope.put"), call -> call.face(KeyedState.class)
                                        .put(call.argument(0), call.argument(1))))),
                face("values of a scope are text", ORDINARY, "E20", "Scope.get", call -> ((Optional<?>) call.right())
                        .map(value -> WrongStores.asText((byte[]) value))),
                face(
                        "a drop that is done before it is begun",
                        ORDINARY,
                        "E21",
                        "AsyncScope.drop",
                        call -> CompletableFuture.completedStage(null)));
    }

    // --- Batches

    private static Stream<WrongBackend> batches() {
        return Stream.of(
                face("a batch forgets its deletes", BLATANT, "E05", "Batch.delete", call -> call.face()),
                face(
                        "preconditions that nobody looks at",
                        ORDINARY,
                        "E06,E09,E16,F33",
                        "Batch.requireAbsent Batch.requirePresent Batch.requireVersion",
                        call -> call.face()),
                store("a batch meets itself", ORDINARY, "E07", time -> new FullMapStore(time) {
                    @Override
                    CommitResult commit(Space scope, Commit commit) {
                        return commit.mutations().stream()
                                .filter(one -> one.kind() == Mutation.Kind.PUT && one.condition() == Condition.ABSENT)
                                .filter(one -> commit.mutations().size() > 1)
                                .findFirst()
                                .map(one -> CommitResult.conflict(0, one.key()))
                                .orElseGet(() -> super.commit(scope, commit));
                    }
                }),
                store("a batch is applied entry by entry", HISTORY, "E08", time -> new FullMapStore(time) {
                    @Override
                    public Call<CommitResult> apply(Space scope, Commit commit) {
                        if (commit.mutations().size() < 2 || commit.fence() != Commit.UNFENCED) {
                            return super.apply(scope, commit);
                        }
                        return Call.of(() -> {
                            CommitResult last = CommitResult.applied(0, 0);
                            for (Mutation one : commit.mutations()) {
                                Commit part = new Commit(
                                        commit.fence(), commit.after(), Version.fresh(), false, List.of(one));
                                last = super.apply(scope, part).await();
                                Thread.yield();
                            }
                            return last;
                        });
                    }
                }),
                face(
                        "what does not fit into a batch is left out",
                        ORDINARY,
                        "E13,E14,E15",
                        "Batch.put Batch.tryCommit",
                        call -> {
                            try {
                                return call.right();
                            } catch (IllegalArgumentException tooMuch) {
                                return call.face() instanceof Batch
                                                && call.method().getName().equals("put")
                                        ? call.face()
                                        : CommitResult.applied(0, 0);
                            }
                        }));
    }

    // --- Marks

    private static Stream<WrongBackend> marks() {
        return Stream.of(
                store("only a higher fence opens a view", ORDINARY, "F21", time -> new FullMapStore(time) {
                    @Override
                    Mark raised(Space scope, long fence) {
                        Mark old = marks.get(scope);
                        return old != null && old.fence() == fence
                                ? new Mark(fence + 1, old.commit(), old.last())
                                : super.raised(scope, fence);
                    }
                }),
                store("a lower fence lowers the mark", ORDINARY, "F22", time -> new FullMapStore(time) {
                    @Override
                    Mark raised(Space scope, long fence) {
                        marks.computeIfPresent(scope, (any, old) -> new Mark(fence, old.commit(), old.last()));
                        return super.raised(scope, fence);
                    }
                }),
                store("the mark goes with the last entry", TIMING, "F24,F25", time -> new FullMapStore(time) {
                    @Override
                    CommitResult commit(Space scope, Commit commit) {
                        forgetIfEmpty(scope);
                        CommitResult result = super.commit(scope, commit);
                        forgetIfEmpty(scope);
                        return result;
                    }

                    private void forgetIfEmpty(Space scope) {
                        boolean empty = entries(scope).keySet().stream().allMatch(key -> live(scope, key) == null);
                        if ((empty && !entries(scope).isEmpty()) || isDropped(scope)) {
                            marks.remove(scope);
                        }
                    }

                    private boolean isDropped(Space scope) {
                        Mark mark = marks.get(scope);
                        return mark != null
                                && mark.commit() > 0
                                && entries(scope).isEmpty();
                    }
                }),
                store("a missing mark is made by a write", ORDINARY, "F26", time -> new FullMapStore(time) {
                    @Override
                    CommitResult commit(Space scope, Commit commit) {
                        if (commit.fence() != Commit.UNFENCED) {
                            marks.putIfAbsent(scope, new Mark(commit.fence(), 0, Version.fresh()));
                        }
                        return super.commit(scope, commit);
                    }
                }),
                store("a takeover takes what is there", ORDINARY, "F27,F28,F29", time -> new FullMapStore(time) {
                    @Override
                    Mark takenOver(Space scope) {
                        Mark old = marks.get(scope);
                        return old == null ? super.takenOver(scope) : old;
                    }
                }),
                store("a takeover by the clock alone", ORDINARY, "F28", time -> new FullMapStore(time) {
                    @Override
                    Mark takenOver(Space scope) {
                        return raised(
                                scope, FencingToken.of(time.wallMicros(), 0).value());
                    }
                }),
                store("a takeover reads, and then writes", CONCURRENT, "F29", time -> new FullMapStore(time) {
                    @Override
                    public Call<Mark> takeOver(Space scope) {
                        return super.mark(scope).then(old -> {
                            Thread.yield();
                            long above = old == null ? 0 : new FencingToken(old.fence()).grant() + 1;
                            long fence = FencingToken.of(Math.max(above, time.wallMicros()), 0)
                                    .value();
                            return super.raise(scope, fence);
                        });
                    }
                }),
                store("a raised mark counts its commits anew", ORDINARY, "F31", time -> new FullMapStore(time) {
                    @Override
                    Mark raised(Space scope, long fence) {
                        Mark old = marks.get(scope);
                        if (old != null && old.fence() < fence) {
                            marks.remove(scope);
                        }
                        return super.raised(scope, fence);
                    }
                }),
                store("every scope has a mark", BLATANT, "F35", time -> new FullMapStore(time) {
                    @Override
                    Mark markOf(Space scope) {
                        Mark mark = super.markOf(scope);
                        return mark == null ? new Mark(1, 0, Version.fresh()) : mark;
                    }
                }),
                store("one mark for all scopes", ORDINARY, "F36", time -> new FullMapStore(time) {
                    @Override
                    Mark raised(Space scope, long fence) {
                        Mark raised = super.raised(scope, fence);
                        marks.replaceAll((any, old) -> new Mark(raised.fence(), old.commit(), old.last()));
                        return raised;
                    }
                }));
    }

    // --- Commits

    private static Stream<WrongBackend> commits() {
        return Stream.of(
                store("deletes need no fence", ORDINARY, "F20,F23", time -> new FullMapStore(time) {
                    @Override
                    CommitResult commit(Space scope, Commit commit) {
                        boolean deletes = commit.drop()
                                || commit.mutations().stream().anyMatch(one -> one.kind() == Mutation.Kind.DELETE);
                        return super.commit(scope, deletes ? underAnyFence(scope, commit) : commit);
                    }

                    private Commit underAnyFence(Space scope, Commit commit) {
                        return underFenceOf(marks.get(scope), commit);
                    }
                }),
                store("fences that nobody compares", BLATANT, "F20,F23,F34,G07", WrongScopes::unfenced),
                store("an empty batch is no commit", ORDINARY, "F30", time -> new FullMapStore(time) {
                    @Override
                    CommitResult commit(Space scope, Commit commit) {
                        Mark before = marks.get(scope);
                        CommitResult result = super.commit(scope, commit);
                        if (before != null && commit.mutations().isEmpty() && !commit.drop()) {
                            marks.put(scope, before);
                            return CommitResult.applied(before.commit(), 0);
                        }
                        return result;
                    }
                }),
                commits(
                        "a sequence that nobody compares",
                        ORDINARY,
                        "F32,F33",
                        commit -> new Commit(
                                commit.fence(), Commit.ANYWHERE, commit.id(), commit.drop(), commit.mutations())),
                store("conditions before sequence", ORDINARY, "F33", time -> new FullMapStore(time) {
                    @Override
                    CommitResult commit(Space scope, Commit commit) {
                        Commit anywhere = new Commit(
                                commit.fence(), Commit.ANYWHERE, commit.id(), commit.drop(), commit.mutations());
                        boolean conflicts = commit.mutations().stream().anyMatch(one -> !holds(scope, one));
                        return super.commit(scope, conflicts ? anywhere : commit);
                    }
                }),
                new WrongBackend(
                        "locks that exclude nobody, and fences that nobody compares",
                        HISTORY,
                        "G08",
                        () -> Rig.of(WrongScopes::unfenced, LockTable.Mistake.ALWAYS_GRANTS, right -> right)));
    }

    private static StateStore unfenced(ManualTime time) {
        return new FullMapStore(time) {
            @Override
            CommitResult commit(Space scope, Commit commit) {
                return super.commit(scope, underFenceOf(marks.get(scope), commit));
            }

            @Override
            Mark raised(Space scope, long fence) {
                Mark raised = super.raised(scope, fence);
                return new Mark(fence, raised.commit(), raised.last());
            }
        };
    }

    private static Commit underFenceOf(Mark mark, Commit commit) {
        return mark == null
                ? commit
                : new Commit(mark.fence(), commit.after(), commit.id(), commit.drop(), commit.mutations());
    }
}
