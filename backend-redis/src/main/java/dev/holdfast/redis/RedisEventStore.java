package dev.holdfast.redis;

import dev.holdfast.event.EventStore;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Events over publish and subscribe of the server. Safe for use by many threads.
 *
 * <p>On a cluster with sharded channels an event goes out twice in one command: on its channel, and on one for all events of its namespace
 * in its tag. For sharded channels know no patterns: who wants a prefix listens to the latter in every tag, and picks. Elsewhere an event
 * goes out once, on a plain channel, and a prefix is a pattern.
 */
final class RedisEventStore implements EventStore {
    private static final Script PUBLISH_SHARDED = Script.of("event_publish");
    private static final byte[] PUBLISH = Command.ascii("PUBLISH");
    private static final byte[] EVENT = Command.ascii("event");
    private static final byte[] EVENTS = Command.ascii("events");

    private final Redis redis;
    private final Subscriber subscriber;
    private final boolean sharded;
    private final Set<Listening> subscriptions = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    RedisEventStore(Redis redis, Subscriber subscriber) {
        this.redis = redis;
        this.subscriber = subscriber;
        sharded = subscriber.isSharded();
    }

    @Override
    public Call<@Nullable Void> publish(String namespace, String channel, byte[] payload) {
        byte[] name = Names.bytes(namespace, channel);
        int tag = Tags.of(name);
        byte[] one = Tags.key(tag, EVENT, name);
        // The channel's slot says the server also where any would do: events of one channel keep their order.
        Command command = sharded
                ? Command.write(
                        PUBLISH_SHARDED,
                        List.of(one, Tags.key(tag, EVENTS, Names.bytes(namespace, ""))),
                        List.of(Names.bytes(channel, ""), payload))
                : Command.write(one, PUBLISH, one, payload);
        return redis.call(command).map(receivers -> null);
    }

    @Override
    public Call<Subscription> subscribe(String namespace, Topic topic, Sink sink) {
        return Call.ofStage(() -> {
            if (closed) {
                return CompletableFuture.failedFuture(new BackendClosedException());
            }
            return new Listening(namespace, topic, sink).begin();
        });
    }

    @Override
    public void close() {
        closed = true;
        subscriptions.forEach(Listening::close);
    }

    /** One subscription: of one channel of the server, or of one in each tag. */
    private final class Listening implements Subscription, Subscriber.Listener {
        private final Topic topic;
        private final Sink sink;
        private final List<Channel> channels = new ArrayList<>(1);

        Listening(String namespace, Topic topic, Sink sink) {
            this.topic = topic;
            this.sink = sink;
            byte[] name = Names.bytes(namespace, topic.name());
            if (!topic.prefix()) {
                Channel.Kind kind = sharded ? Channel.Kind.SHARDED : Channel.Kind.PLAIN;
                channels.add(Channel.of(kind, Tags.key(Tags.of(name), EVENT, name)));
            } else if (sharded) {
                for (int tag = 0; tag < Tags.count(); tag++) {
                    byte[] all = Tags.key(tag, EVENTS, Names.bytes(namespace, ""));
                    channels.add(Channel.of(Channel.Kind.SHARDED, all));
                }
            } else {
                byte[] pattern = Glob.join(Command.ascii("hf:{*}:event:"), Glob.quoted(name), Command.ascii("*"));
                channels.add(Channel.of(Channel.Kind.PATTERN, pattern));
            }
        }

        CompletionStage<Subscription> begin() {
            subscriptions.add(this);
            List<CompletableFuture<@Nullable Void>> standing = new ArrayList<>(channels.size());
            channels.forEach(
                    channel -> standing.add(subscriber.subscribe(channel, this).toCompletableFuture()));
            CompletableFuture<Subscription> begun = new CompletableFuture<>();
            CompletableFuture.allOf(standing.toArray(CompletableFuture[]::new)).whenComplete((nothing, error) -> {
                if (error == null) {
                    begun.complete(this);
                } else {
                    begun.completeExceptionally(error);
                }
            });
            var timer = redis.time()
                    .schedule(
                            redis.commandNanos(),
                            () -> begun.completeExceptionally(new BackendUnavailableException(
                                    "the subscription did not come to stand in time; it was taken back")));
            begun.whenComplete((subscription, error) -> {
                timer.cancel();
                // Looked at behind the subscribing: the store's close may have come before it, and found nothing to
                // end.
                if (error != null || closed) {
                    close();
                }
            });
            return begun;
        }

        @Override
        public void message(byte[] channel, byte[] payload) {
            if (!topic.prefix()) {
                sink.event(topic.name(), payload);
                return;
            }
            Names event = sharded ? Names.of(payload, 0) : Names.ofKey(channel, EVENT);
            if (event == null) {
                return;
            }
            String name = sharded ? event.text() : event.restAsText();
            if (topic.matches(name)) {
                sink.event(name, sharded ? event.rest() : payload);
            }
        }

        @Override
        public void missed() {
            sink.missed();
        }

        @Override
        public void close() {
            subscriptions.remove(this);
            channels.forEach(channel -> subscriber.unsubscribe(channel, this));
        }
    }
}
