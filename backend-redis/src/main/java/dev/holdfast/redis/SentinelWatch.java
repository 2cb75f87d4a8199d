package dev.holdfast.redis;

import dev.holdfast.spi.BackendException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Listens to one sentinel, over a connection of its own, for the news that the primary is being replaced. Without it a primary that still
 * works would be written to until the sentinels are asked again. It listens once: when its connection ends it is over, and whoever asks
 * the sentinels makes another. Safe for use by many threads.
 */
final class SentinelWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SentinelWatch.class);
    private static final String REPLACED = "+switch-master";
    /** The leader of a failover has told a replica to be primary, and will see for itself within a second. */
    private static final String PROMOTING = "+failover-state-wait-promotion";

    private static final byte[][] SUBSCRIBE = {
        Command.ascii("SUBSCRIBE"), Command.ascii(REPLACED), Command.ascii(PROMOTING)
    };
    private static final byte[][] PING = {Command.ascii("PING")};
    /** A connection on which so many were not answered is half open. */
    private static final int MOST_UNANSWERED = 3;

    /** Told on the thread that listens; returns quickly. */
    interface News {
        /** It begins to listen and cannot know what came before, or a primary was replaced. */
        void changed();

        /** A replica was told to be primary. */
        void promoting(String master, HostAndPort replica);
    }

    private final HostAndPort sentinel;
    private final News news;

    // Guarded by this.
    private @Nullable Link link;
    private int unanswered;
    private boolean over;

    SentinelWatch(HostAndPort sentinel, News news) {
        this.sentinel = sentinel;
        this.news = news;
    }

    /** Listens on a thread of its own. */
    void start(Connector connector, Executor threads) {
        try {
            threads.execute(() -> listen(connector));
        } catch (RejectedExecutionException | Error refused) {
            // An error: there is no thread left for the moment, and whoever asks the sentinels next makes another.
            close();
        }
    }

    private void listen(Connector connector) {
        try {
            Link opened = connector.link(sentinel, 0);
            try {
                if (begin(opened)) {
                    while (true) {
                        heard(opened.read());
                    }
                }
            } finally {
                opened.close();
            }
        } catch (BackendException | JedisConnectionException | IOException broken) {
            LOG.debug("The sentinel {} is not listened to: {}", sentinel, broken.getMessage());
        } finally {
            close();
        }
    }

    private synchronized boolean begin(Link opened) throws IOException {
        if (over) {
            return false;
        }
        opened.readsWithoutEnd();
        opened.frame.add(SUBSCRIBE);
        opened.send();
        link = opened;
        return true;
    }

    private void heard(@Nullable Object message) throws IOException {
        if (message instanceof JedisDataException refused) {
            throw new IOException(Refusal.words(refused));
        }
        synchronized (this) {
            unanswered = 0;
        }
        if (!(message instanceof List<?> parts) || Keyspace.text(parts.get(0)).equals("pong")) {
            return;
        }
        if (Keyspace.text(parts.get(0)).equals("message")
                && Keyspace.text(parts.get(1)).equals(PROMOTING)) {
            promoting(Keyspace.text(parts.get(2)).split(" ", -1));
        } else {
            news.changed();
        }
    }

    /** As {@code slave <name> <ip> <port> @ <master> <ip> <port>}. */
    private void promoting(String... words) {
        if (words.length >= 6 && words[3].matches("[1-9][0-9]{0,4}")) {
            news.promoting(words[5], new HostAndPort(words[2], Integer.parseInt(words[3])));
        }
    }

    /** Tries the connection; one that is half open is given up. */
    synchronized void ping() {
        Link open = link;
        if (open == null) {
            return;
        }
        if (++unanswered > MOST_UNANSWERED) {
            close();
            return;
        }
        try {
            open.frame.add(PING);
            open.send();
        } catch (IOException broken) {
            close();
        }
    }

    synchronized boolean isOver() {
        return over;
    }

    synchronized void close() {
        over = true;
        if (link != null) {
            link.close();
        }
    }
}
