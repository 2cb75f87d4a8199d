package dev.holdfast.state;

import dev.holdfast.spi.FencingToken;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The asynchronous door to a scope. */
final class StagedScope extends StagedState<ScopeCalls> implements AsyncScope {

    StagedScope(ScopeCalls calls) {
        super(calls);
    }

    @Override
    public CompletionStage<Void> drop() {
        return start(calls::drop);
    }

    @Override
    public CompletionStage<Optional<Mark>> mark() {
        return start(() -> calls.mark().map(Optional::ofNullable));
    }

    @Override
    public CompletionStage<FencedScope> fencedBy(FencingToken fence) {
        return start(() -> calls.fencedBy(fence));
    }

    @Override
    public CompletionStage<FencedScope> takeOver() {
        return start(calls::takeOver);
    }
}
