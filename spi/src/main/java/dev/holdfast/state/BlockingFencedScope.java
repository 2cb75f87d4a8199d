package dev.holdfast.state;

import dev.holdfast.spi.FencingToken;

/** The blocking door to a scope under a fence. */
final class BlockingFencedScope extends BlockingState<ScopeCalls> implements FencedScope {

    BlockingFencedScope(ScopeCalls calls) {
        super(calls);
    }

    @Override
    public String name() {
        return calls.name();
    }

    @Override
    public FencingToken fence() {
        return calls.fence();
    }

    @Override
    public long commit() {
        return calls.lastCommit();
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
    public AsyncState async() {
        return new StagedState<>(calls);
    }
}
