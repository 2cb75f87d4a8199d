package dev.holdfast.cli;

import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.memory.MemoryBackendProvider;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.Stored;
import java.util.List;
import java.util.Set;

/**
 * Opens {@code forgetful:name}, which says that it deletes, and does not; of {@code forgetful:broken} every read throws. Its option
 * {@code token} is a secret whose name says nothing.
 */
public final class ForgetfulBackendProvider implements BackendProvider {
    private final MemoryBackendProvider memory = new MemoryBackendProvider();

    @Override
    public Set<String> schemes() {
        return Set.of("forgetful");
    }

    @Override
    public List<Option<?>> options() {
        return List.of(Option.secret("token", "who asks"));
    }

    @Override
    public Stores open(BackendUri uri, Settings settings, Time time) {
        Stores right = memory.open(BackendUri.of("memory:" + uri.path()), settings, time);
        return Stores.of(new ForwardingStateStore(right.state()) {
            @Override
            public Call<Stored> read(Space space, Key key) {
                if (uri.path().equals("broken")) {
                    throw new NullPointerException("nothing here");
                }
                return super.read(space, key);
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return mutation.kind() == Mutation.Kind.DELETE ? Call.done(true) : super.write(space, mutation);
            }
        });
    }
}
