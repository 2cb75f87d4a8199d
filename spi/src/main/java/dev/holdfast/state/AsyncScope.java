package dev.holdfast.state;

import dev.holdfast.spi.FencingToken;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** {@link Scope} without blocking. */
public interface AsyncScope extends AsyncState {
    CompletionStage<Void> drop();

    CompletionStage<Optional<Mark>> mark();

    CompletionStage<FencedScope> fencedBy(FencingToken fence);

    CompletionStage<FencedScope> takeOver();
}
