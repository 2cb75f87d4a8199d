package dev.holdfast.redis;

import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore.Signals;
import dev.holdfast.spi.LeaseId;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The messages by which the scripts of locks wake this client and no other: on a channel of its own in each tag, because a script can
 * publish a sharded message in its own slot only. Listens from the first lock asked for. Safe for use by many threads.
 */
final class LockWakeUps implements Subscriber.Listener {
    private static final byte[] WAKE = Command.ascii("wake");
    private static final int LEASE_BYTES = 16;
    /** Channels come back one after the other; the engine is told once. */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Redis redis;
    private final Subscriber subscriber;
    private final byte[] client =
            Command.ascii(HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean disturbing = new AtomicBoolean();
    private volatile @Nullable Signals signals;
    private volatile boolean closed;

    LockWakeUps(Redis redis, Subscriber subscriber) {
        this.redis = redis;
        this.subscriber = subscriber;
        redis.onDisturbed(this::missed);
    }

    /** What the scripts call this client: 16 characters. */
    byte[] client() {
        return client;
    }

    void listen(Signals listener) {
        signals = listener;
    }

    /** Somebody is about to ask for a lock. */
    void needed() {
        if (!started.get() && started.compareAndSet(false, true) && !closed) {
            for (int tag = 0; tag < Tags.count(); tag++) {
                CompletionStage<?> standing = subscriber.subscribe(channel(tag), this);
                // What was sent before now went to nobody.
                standing.thenRun(this::missed);
            }
        }
    }

    private Channel channel(int tag) {
        Channel.Kind kind = subscriber.isSharded() ? Channel.Kind.SHARDED : Channel.Kind.PLAIN;
        return Channel.of(kind, Tags.key(tag, WAKE, client));
    }

    /** A message is a letter, the lease id it is about, and the name. */
    @Override
    public void message(byte[] channel, byte[] payload) {
        Signals listener = signals;
        if (listener == null || payload.length <= LEASE_BYTES) {
            return;
        }
        Names names = Names.of(payload, 1 + LEASE_BYTES);
        if (names == null) {
            return;
        }
        LockName name = new LockName(names.text(), names.restAsText());
        ByteBuffer bytes = ByteBuffer.wrap(payload, 1, LEASE_BYTES);
        LeaseId leaseId = new LeaseId(bytes.getLong(), bytes.getLong());
        switch (payload[0]) {
            case 'a' -> listener.available(name, leaseId);
            case 'c' -> listener.contended(name);
            case 'g' -> listener.gone(name, leaseId);
            default -> {
                // Of a later version, which can do without an answer.
            }
        }
    }

    @Override
    public void missed() {
        if (!closed && signals != null && disturbing.compareAndSet(false, true)) {
            redis.time().schedule(GATHER_NANOS, () -> {
                disturbing.set(false);
                Signals listener = signals;
                if (listener != null) {
                    listener.disturbed();
                }
            });
        }
    }

    void close() {
        closed = true;
        signals = null;
        if (started.getAndSet(true)) {
            for (int tag = 0; tag < Tags.count(); tag++) {
                subscriber.unsubscribe(channel(tag), this);
            }
        }
    }
}
