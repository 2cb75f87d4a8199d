package dev.holdfast.state;

import dev.holdfast.spi.FencingToken;
import java.util.Optional;

/** The blocking door to a scope. */
final class BlockingScope extends BlockingState<ScopeCalls> implements Scope {

    BlockingScope(ScopeCalls calls) {
        super(calls);
    }

    @Override
    public String name() {
        return calls.name();
    }

    @Override
    public Batch batch() {
        return new ScopeBatch(calls);
    }

    @Override
    public void drop() {
        done(calls.drop());
    }

    @Override
    public Optional<Mark> mark() {
        return Optional.ofNullable(calls.mark().await());
    }

    @Override
    public FencedScope fencedBy(FencingToken fence) {
        return calls.fencedBy(fence).await();
    }

    @Override
    public FencedScope takeOver() {
        return calls.takeOver().await();
    }

    @Override
    public AsyncScope async() {
        return new StagedScope(calls);
    }
}
