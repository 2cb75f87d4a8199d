package dev.holdfast.state;

import java.util.concurrent.CompletionStage;

/** The asynchronous door to the root. */
final class StagedBackend extends StagedState<RootCalls> implements AsyncStateBackend {

    StagedBackend(RootCalls calls) {
        super(calls);
    }

    @Override
    public CompletionStage<Page<String>> scopes(ScanRequest request) {
        return start(() -> calls.scopes(request).map(page -> page.map(BlockingBackend::text)));
    }

    @Override
    public CompletionStage<Void> forget(String scope) {
        return start(() -> calls.forget(scope));
    }
}
