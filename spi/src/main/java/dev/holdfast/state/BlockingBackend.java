package dev.holdfast.state;

import dev.holdfast.spi.Key;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** The blocking door to the root. */
final class BlockingBackend extends BlockingState<RootCalls> implements StateBackend {
    private final AsyncStateBackend async;

    BlockingBackend(RootCalls calls) {
        super(calls);
        this.async = new StagedBackend(calls);
    }

    @Override
    public Scope scope(String name) {
        return new BlockingScope(calls.scope(name));
    }

    @Override
    public Stream<String> scopes(String prefix) {
        Key bytes = Key.of(calls.context.name("prefix", prefix));
        calls.context.store();
        return Scans.stream(request -> calls.scopes(request).await(), bytes).map(BlockingBackend::text);
    }

    static String text(Key name) {
        return new String(name.toBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void forget(String scope) {
        done(calls.forget(scope));
    }

    @Override
    public AsyncStateBackend async() {
        return async;
    }
}
