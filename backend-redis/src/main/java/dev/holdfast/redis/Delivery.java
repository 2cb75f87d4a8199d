package dev.holdfast.redis;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/**
 * The way of one command to a reply: sent to the server that has its key, and again, within the caller's time, as long as it was
 * certainly not executed or may be executed twice.
 */
final class Delivery implements Call<@Nullable Object> {
    private static final long NOW = 0;
    private static final long OVER = -1;
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** After so many redirections there is no hurry any more. */
    private static final int QUICK_REDIRECTIONS = 5;

    private final Redis redis;
    private final @Nullable Node pinned;

    // One attempt follows the other; the calls and futures between them make what one wrote visible to the next.
    private Command command;
    private long deadlineNanos;
    private @Nullable Node target;
    private boolean asking;
    private int redirections;
    private long pauseNanos = FIRST_PAUSE_NANOS;

    /** The first attempt that may have been executed; whatever comes later does not undo it. */
    private @Nullable OutcomeUnknownException unknown;

    private @Nullable Object reply;
    private @Nullable RuntimeException error;

    /** @param pinned the only server that will do, or null for the one that has the key */
    Delivery(Redis redis, Command command, @Nullable Node pinned) {
        this.redis = redis;
        this.command = command;
        this.pinned = pinned;
    }

    @Override
    @SuppressWarnings("NullAway") // it does not see that the answer of this call may be null
    public @Nullable Object await() {
        begin();
        while (true) {
            long pause = judge(attemptBlocking());
            if (pause == OVER) {
                return result();
            }
            if (pause > 0) {
                pause(pause);
            }
        }
    }

    @Override
    public CompletionStage<@Nullable Object> start() {
        return Call.stage(this, false);
    }

    @Override
    public CompletionStage<@Nullable Object> startLazily() {
        return Call.stage(this, true);
    }

    @Override
    public void begin(boolean lazily, Listener<? super @Nullable Object> listener) {
        begin();
        redis.unfinished().begin();
        go(lazily, listener);
    }

    private void begin() {
        redis.used();
        deadlineNanos = redis.time().nanos() + redis.commandNanos();
    }

    private @Nullable Object attemptBlocking() {
        Node node = node();
        if (node == null) {
            return noPrimary();
        }
        try {
            return node.send(parcel()).await().outcome(0);
        } catch (BackendException failed) {
            return failed;
        }
    }

    private void go(boolean lazily, Listener<? super @Nullable Object> listener) {
        Node node = node();
        if (node == null) {
            decide(noPrimary(), listener);
            return;
        }
        node.send(parcel()).begin(lazily, (parcel, thrown) -> {
            if (parcel != null) {
                decide(parcel.outcome(0), listener);
            } else if (thrown instanceof BackendException failed) {
                decide(failed, listener);
            } else {
                over(listener, thrown);
            }
        });
    }

    private void decide(@Nullable Object outcome, Listener<? super @Nullable Object> listener) {
        long pause = judge(outcome);
        if (pause == OVER) {
            over(listener, error);
        } else if (pause == NOW) {
            go(false, listener);
        } else {
            redis.time().schedule(pause, () -> go(false, listener));
        }
    }

    /** Ends it; only then it is finished, so that what its caller goes on with has begun before. */
    private void over(Listener<? super @Nullable Object> listener, @Nullable Throwable thrown) {
        listener.ended(reply, thrown);
        redis.unfinished().end();
    }

    private @Nullable Node node() {
        if (pinned != null) {
            return pinned;
        }
        return target != null ? target : redis.topology().node(command);
    }

    private Parcel parcel() {
        return new Parcel(List.of(command), asking, deadlineNanos);
    }

    private static BackendUnavailableException noPrimary() {
        return new BackendUnavailableException("no primary is known that has this key");
    }

    private @Nullable Object result() {
        if (error != null) {
            throw error;
        }
        return reply;
    }

    /** Takes the outcome of an attempt; answers how long to wait before the next one, or that it is over. */
    private long judge(@Nullable Object outcome) {
        if (outcome instanceof JedisDataException refused) {
            return refused(refused);
        }
        if (outcome instanceof RuntimeException failed) {
            if (failed instanceof OutcomeUnknownException lost) {
                if (!command.isRepeatable()) {
                    return over(lost);
                }
                if (command.isWrite() && unknown == null) {
                    unknown = lost;
                }
                redis.suspect();
                forget();
                return later(command.isWrite() ? lost : new BackendUnavailableException("the reply was lost", lost));
            }
            if (failed instanceof BackendUnavailableException) {
                redis.suspect();
                forget();
                return later(failed);
            }
            return over(failed);
        }
        reply = outcome;
        return OVER;
    }

    private long refused(JedisDataException refused) {
        Refusal refusal = Refusal.of(refused);
        switch (refusal) {
            case MOVED, ASK -> {
                if (refused instanceof JedisRedirectionException redirection) {
                    redirect(redirection, refusal == Refusal.ASK);
                }
                BackendUnavailableException lost = new BackendUnavailableException(
                        "the servers do not agree which of them has this key: " + Refusal.words(refused));
                return ++redirections <= QUICK_REDIRECTIONS ? NOW : later(lost);
            }
            case NO_SCRIPT -> {
                if (!command.hasScript()) {
                    return over(rejected(refused));
                }
                command = command.withText();
                return NOW;
            }
            case NO_PRIMARY -> {
                redis.demoted(node());
                forget();
                return later(new BackendUnavailableException("the server is no primary: " + Refusal.words(refused)));
            }
            case NOT_READY -> {
                redis.suspect();
                forget();
                return later(new BackendUnavailableException("the server is not ready: " + Refusal.words(refused)));
            }
            default -> {
                return over(rejected(refused));
            }
        }
    }

    private void redirect(JedisRedirectionException redirection, boolean ask) {
        HostAndPort named = redirection.getTargetNode();
        Node from = node();
        // A server that does not know its own name means: where you are already.
        boolean nameless = named.getHost().isEmpty() || named.getHost().equals("?");
        HostAndPort address =
                nameless && from != null ? new HostAndPort(from.address().getHost(), named.getPort()) : named;
        Node to = redis.topology().at(address);
        if (!ask) {
            redis.topology().moved(redirection.getSlot(), to);
            redis.suspect();
        }
        target = to;
        asking = ask;
    }

    private void forget() {
        target = null;
        asking = false;
    }

    private long later(RuntimeException why) {
        long pause = pauseNanos / 2 + ThreadLocalRandom.current().nextLong(pauseNanos / 2 + 1);
        pauseNanos = Math.min(pauseNanos * 2, LONGEST_PAUSE_NANOS);
        if (redis.time().nanos() + pause - deadlineNanos >= 0 || redis.isClosed()) {
            return over(why);
        }
        return pause;
    }

    private long over(RuntimeException failed) {
        error = unknown == null ? failed : unknown;
        return OVER;
    }

    static BackendRejectedException rejected(JedisDataException refused) {
        return new BackendRejectedException("the server refused: " + Refusal.words(refused), refused);
    }

    private void pause(long nanos) {
        try {
            Pause.of(redis.time(), nanos);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            if (unknown != null) {
                throw unknown;
            }
            throw new BackendUnavailableException("interrupted between two attempts; nothing was executed", interrupt);
        }
    }
}
