package dev.holdfast.postgres;

import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Page;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/** What both kinds of lock have in common: looking at holds, and the signals that others send to this client. */
abstract class PostgresLockStore implements LockStore {
    final Database database;
    final long client;
    final Time time;
    final LockStatements statements;
    /** For calls that block, as many as callers begin. */
    final ExecutorService threads;
    /** For lanes alone: a heartbeat must not wait for a thread that somebody's {@code find} has. */
    final ExecutorService flushers;

    private final Notifications notifications;
    private final LockSweeper sweeper;
    private volatile @Nullable Signals listener;
    private volatile boolean closed;

    PostgresLockStore(Database database, Notifications notifications, long client, String kind, Time time) {
        this.database = database;
        this.notifications = notifications;
        this.client = client;
        this.time = time;
        statements = new LockStatements(database, kind);
        threads = Threads.daemons("holdfast-postgres-locks");
        flushers = Threads.daemons("holdfast-postgres-lock-lanes");
        notifications.onOwn(this::notified);
        notifications.onDisconnected(this::listenerLost);
        notifications.onRestored(this::disturbed);
        sweeper = new LockSweeper(database, kind, time, threads);
    }

    @Override
    public final Set<Capability> capabilities() {
        Set<Capability> all = EnumSet.of(Capability.CROSS_PROCESS, Capability.FIFO_ACROSS_PROCESSES);
        if (notifications.works()) {
            all.add(Capability.PUSH);
        }
        return all;
    }

    abstract long key(LockName name);

    @Override
    public final Call<@Nullable LockInfo> find(LockName name) {
        return Call.blocking(threads, () -> found(name)).map(found -> found.orElse(null));
    }

    Optional<LockInfo> found(LockName name) {
        return database.read(connection -> Optional.ofNullable(statements.find(connection, name, key(name))));
    }

    @Override
    public final Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return Call.blocking(threads, () -> {
            if (from == null) {
                beforeList();
            }
            return database.read(connection -> statements.list(connection, namespace, prefix, from, limit));
        });
    }

    /** Sees to it that what is held now can be listed. */
    void beforeList() {}

    // --- Signals

    @Override
    public final void listen(Signals signals) {
        listener = signals;
    }

    /** One letter, the lease id in two numbers, namespace and name in hexadecimal; or a letter alone. */
    private void notified(String message) {
        String[] words = message.split(" ", -1);
        if (words[0].equals("w")) {
            asked();
            return;
        }
        LeaseId leaseId = new LeaseId(Long.parseLong(words[1]), Long.parseLong(words[2]));
        LockName name = new LockName(text(words[3]), text(words[4]));
        switch (words[0]) {
            case "a" -> available(name, leaseId);
            case "c" -> contended(name);
            case "f" -> forced(name, leaseId);
            default -> throw new IllegalArgumentException("a notification of an unknown kind: " + words[0]);
        }
    }

    private static String text(String hex) {
        return LockKey.text(HexFormat.of().parseHex(hex));
    }

    private void available(LockName name, LeaseId waiter) {
        Signals told = listener;
        if (told != null) {
            told.available(name, waiter);
        }
    }

    void contended(LockName name) {
        Signals told = listener;
        if (told != null) {
            told.contended(name);
        }
    }

    abstract void forced(LockName name, LeaseId holder);

    /** Somebody wants to read what this client holds. */
    void asked() {}

    final void gone(LockName name, LeaseId holder) {
        Signals told = listener;
        if (told != null) {
            told.gone(name, holder);
        }
    }

    final void disturbed() {
        Signals told = listener;
        if (told != null) {
            told.disturbed();
        }
    }

    /** Notifications do not come any more, until {@link #disturbed}. */
    void listenerLost() {}

    // --- The end

    final boolean isClosed() {
        return closed;
    }

    abstract void closing();

    @Override
    public final void close() {
        closed = true;
        listener = null;
        sweeper.close();
        try {
            closing();
        } finally {
            threads.shutdown();
            flushers.shutdown();
            notifications.close();
        }
    }
}
