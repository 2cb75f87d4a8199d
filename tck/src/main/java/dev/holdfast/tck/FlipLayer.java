package dev.holdfast.tck;

import dev.holdfast.backend.Layer;
import dev.holdfast.event.EventStore;
import dev.holdfast.event.ForwardingEventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A layer that turns every byte around on its way to the store, and back: put around a backend it proves that the backend keeps the
 * encoding byte, and that nothing slips past a layer. Encrypts nothing.
 */
public final class FlipLayer implements Layer {
    /** The encoding byte of what went through it. */
    static final int ENCODING = 77;

    @Override
    public String name() {
        return "flip";
    }

    @Override
    public StateStore wrap(StateStore store) {
        return new FlippingStore(store);
    }

    @Override
    public EventStore wrap(EventStore store) {
        return new FlippingEvents(store);
    }

    private static byte[] flip(byte[] bytes) {
        byte[] flipped = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            flipped[i] = (byte) ~bytes[i];
        }
        return flipped;
    }

    private static final class FlippingEvents extends ForwardingEventStore {
        FlippingEvents(EventStore next) {
            super(next);
        }

        @Override
        public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
            return super.publish(namespace, channel, flip(payload));
        }

        @Override
        public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
            return super.subscribe(namespace, topic, new Sink() {
                @Override
                public void event(String channel, byte[] payload) {
                    sink.event(channel, flip(payload));
                }

                @Override
                public void missed() {
                    sink.missed();
                }
            });
        }
    }

    private static final class FlippingStore extends ForwardingStateStore {
        FlippingStore(StateStore next) {
            super(next);
        }

        @Override
        public Call<@Nullable Stored> read(Space space, Key key) {
            return super.read(space, key).map(FlippingStore::decodeIfThere);
        }

        @Override
        public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
            return super.readAll(space, keys).map(found -> {
                List<@Nullable Stored> decoded = new ArrayList<>();
                found.forEach(stored -> decoded.add(decodeIfThere(stored)));
                return decoded;
            });
        }

        @Override
        public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
            return super.scan(space, request)
                    .map(page -> page.map(item -> new KeyedValue(item.key(), decode(item.stored()))));
        }

        @Override
        public Call<Boolean> write(Space space, Mutation mutation) {
            return super.write(space, encode(mutation));
        }

        @Override
        public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
            return super.writeAll(
                    space, mutations.stream().map(FlippingStore::encode).toList());
        }

        @Override
        public Call<CommitResult> apply(Space scope, Commit commit) {
            return super.apply(
                    scope,
                    commit.with(commit.mutations().stream()
                            .map(FlippingStore::encode)
                            .toList()));
        }

        private static Mutation encode(Mutation mutation) {
            return mutation.kind() == Mutation.Kind.PUT
                    ? mutation.with(
                            mutation.stored().with(flip(mutation.stored().bytes()), ENCODING))
                    : mutation;
        }

        private static @Nullable Stored decodeIfThere(@Nullable Stored stored) {
            return stored == null ? null : decode(stored);
        }

        private static Stored decode(Stored stored) {
            if (stored.encoding() != ENCODING) {
                throw new CorruptValueException("a value that was not written through this layer: " + stored);
            }
            return stored.with(flip(stored.bytes()), Stored.PLAIN);
        }
    }
}
