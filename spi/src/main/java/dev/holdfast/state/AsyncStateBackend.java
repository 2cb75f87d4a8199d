package dev.holdfast.state;

import java.util.concurrent.CompletionStage;

/** {@link StateBackend} without blocking. */
public interface AsyncStateBackend extends AsyncState {

    /** One page of the names of scopes that have entries or a mark. */
    CompletionStage<Page<String>> scopes(ScanRequest request);

    CompletionStage<Void> forget(String scope);
}
