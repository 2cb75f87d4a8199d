package dev.holdfast.lock;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Page;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One engine's connection to a table of locks. A test can make its next commands of a kind go wrong, and let replies come when it
 * likes.
 */
final class TableLockStore implements LockStore {
    /** What becomes of a command. */
    enum Fate {
        /** It is refused and not applied. */
        UNAVAILABLE,
        /** It is refused for good. */
        REJECTED,
        /** It is never applied, and the engine hears that nothing is known. */
        REQUEST_LOST,
        /** It is applied, and the engine hears that nothing is known. */
        REPLY_LOST,
        /** It is applied at once, and answered by {@link #deliver}. */
        REPLY_LATE,
        /** It is applied and answered by {@link #deliver}. */
        REQUEST_LATE
    }

    /** What all connections share. */
    static final class Table {
        final Time time;
        final Map<LockName, Row> rows = new TreeMap<>(Comparator.comparing(LockName::name));
        final List<TableLockStore> connections = new ArrayList<>();

        Table(Time time) {
            this.time = time;
        }

        long now() {
            return time.nanos() / 1_000_000;
        }
    }

    static final class Row {
        @Nullable
        LeaseId holder;

        long grant;
        long end;
        String label = "";
        final Map<LeaseId, Place> queue = new HashMap<>();

        @Nullable
        LeaseId offeredTo;

        long offerEnd;
        long arrivals;
    }

    record Place(int priority, long arrival, long end) {}

    private static final long OFFER_MILLIS = 500;

    final List<String> log = Collections.synchronizedList(new ArrayList<>());
    final Set<Capability> capabilities = EnumSet.of(Capability.CROSS_PROCESS, Capability.PUSH);
    int renewBatch = 1_000;
    boolean silent;
    /** Names of a part of the store that does not answer renewals. */
    final Set<String> silentNames = new HashSet<>();

    private final Table table;
    private final Map<String, Deque<Fate>> fates = new HashMap<>();
    private final Deque<Runnable> late = new ArrayDeque<>();

    @Nullable
    Signals signals;

    TableLockStore(Table table) {
        this.table = table;
        table.connections.add(this);
    }

    void fate(String command, Fate... next) {
        synchronized (table) {
            fates.computeIfAbsent(command, any -> new ArrayDeque<>()).addAll(List.of(next));
        }
    }

    /** Lets the oldest late command or reply arrive. */
    void deliver() {
        late.remove().run();
    }

    int lateCount() {
        return late.size();
    }

    long count(String command) {
        synchronized (log) {
            return log.stream().filter(line -> line.startsWith(command)).count();
        }
    }

    Row row(String name) {
        return table.rows.computeIfAbsent(new LockName("test", name), any -> new Row());
    }

    boolean isHeld(String name) {
        return live(row(name)) != null;
    }

    private @Nullable LeaseId live(Row row) {
        return row.holder != null && table.now() < row.end ? row.holder : null;
    }

    private <T extends @Nullable Object> Call<T> call(String command, LockName name, Supplier<T> code) {
        return Call.ofStage(() -> {
            Fate fate;
            synchronized (table) {
                log.add(command + " " + name.name());
                Deque<Fate> waiting = fates.get(command);
                fate = waiting == null ? null : waiting.poll();
            }
            CompletableFuture<T> reply = new CompletableFuture<>();
            Supplier<T> applied = () -> {
                synchronized (table) {
                    return code.get();
                }
            };
            if (fate == null) {
                reply.complete(applied.get());
                return reply;
            }
            BackendException unknown = new OutcomeUnknownException("scripted");
            switch (fate) {
                case UNAVAILABLE -> reply.completeExceptionally(new BackendUnavailableException("scripted"));
                case REJECTED -> reply.completeExceptionally(new BackendRejectedException("scripted"));
                case REQUEST_LOST -> reply.completeExceptionally(unknown);
                case REPLY_LOST -> {
                    T ignored = applied.get();
                    reply.completeExceptionally(unknown);
                }
                case REPLY_LATE -> {
                    T answer = applied.get();
                    late.add(() -> reply.complete(answer));
                }
                case REQUEST_LATE -> late.add(() -> reply.complete(applied.get()));
            }
            return reply;
        });
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        return call("tryGrant", request.name(), () -> {
            Row row = table.rows.computeIfAbsent(request.name(), any -> new Row());
            long now = table.now();
            row.queue.values().removeIf(place -> place.end() <= now);
            boolean offered = row.offeredTo != null && now < row.offerEnd;
            LeaseId holder = live(row);
            if (request.leaseId().equals(holder)) {
                row.end = Math.max(row.end, now + request.ttlMillis());
                if (row.grant <= request.above()) {
                    row.grant = nextGrant(row, request);
                }
            } else if (holder == null && (!offered || request.leaseId().equals(row.offeredTo))) {
                row.holder = request.leaseId();
                row.end = now + request.ttlMillis();
                row.grant = nextGrant(row, request);
                row.label = request.label();
                row.offeredTo = null;
                row.queue.remove(request.leaseId());
            } else {
                GrantRequest.Waiting waiting = request.waiting();
                if (waiting != null) {
                    Place old = row.queue.get(request.leaseId());
                    long arrival = old == null ? row.arrivals++ : old.arrival();
                    int priority = old == null ? waiting.priority() : Math.max(old.priority(), waiting.priority());
                    row.queue.put(request.leaseId(), new Place(priority, arrival, now + waiting.ttlMillis()));
                    if (old == null) {
                        signal(one -> one.contended(request.name()), true);
                    }
                }
                return GrantReply.busy(holder != null ? row.end - now : row.offerEnd - now);
            }
            return GrantReply.granted(row.grant, !row.queue.isEmpty());
        });
    }

    private long nextGrant(Row row, GrantRequest request) {
        return Math.max(Math.max(row.grant, request.above()) + 1, table.time.wallMicros());
    }

    private void signal(Consumer<Signals> sent, boolean othersOnly) {
        for (TableLockStore connection : table.connections) {
            Signals listener = connection.signals;
            if (listener != null && !connection.silent && !(othersOnly && connection == this)) {
                table.time.schedule(0, () -> sent.accept(listener));
            }
        }
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        return call("renew", renewals.get(0).name(), () -> renewals.stream()
                .map(renewal -> {
                    if (silentNames.contains(renewal.name().name())) {
                        return RenewReply.UNKNOWN;
                    }
                    Row row = row(renewal.name().name());
                    if (!renewal.leaseId().equals(live(row))) {
                        return RenewReply.GONE;
                    }
                    row.end = table.now() + renewal.ttlMillis();
                    return row.queue.isEmpty() ? RenewReply.RENEWED : RenewReply.CONTENDED;
                })
                .toList());
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        return call("release", release.name(), () -> {
            Row row = row(release.name().name());
            LeaseId holder = live(row);
            if (!release.leaseId().equals(holder)) {
                return holder == null ? ReleaseReply.NOT_HELD : ReleaseReply.HELD_BY_OTHER;
            }
            free(release.name(), row, release.offerTo(), release.offerMillis());
            return ReleaseReply.RELEASED;
        });
    }

    private void free(LockName name, Row row, @Nullable LeaseId offerTo, long offerMillis) {
        row.holder = null;
        row.offeredTo = offerTo;
        row.offerEnd = table.now() + offerMillis;
        if (offerTo == null) {
            row.offeredTo = row.queue.entrySet().stream()
                    .filter(place -> table.now() < place.getValue().end())
                    .min(Comparator.comparing((Map.Entry<LeaseId, Place> place) ->
                                    -place.getValue().priority())
                            .thenComparing(place -> place.getValue().arrival()))
                    .map(Map.Entry::getKey)
                    .orElse(null);
            row.offerEnd = table.now() + OFFER_MILLIS;
        }
        LeaseId told = row.offeredTo;
        if (told != null) {
            signal(one -> one.available(name, told), false);
        }
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        return call("cancel", name, () -> {
            Row row = row(name.name());
            row.queue.remove(leaseId);
            if (leaseId.equals(live(row)) || leaseId.equals(row.offeredTo)) {
                free(name, row, null, 0);
            }
            return null;
        });
    }

    @Override
    public Call<@Nullable LockInfo> find(LockName name) {
        return call("find", name, () -> info(name));
    }

    private @Nullable LockInfo info(LockName name) {
        Row row = row(name.name());
        return live(row) == null
                ? null
                : new LockInfo(name.name(), row.grant, row.label, Duration.ofMillis(row.end - table.now()));
    }

    @Override
    public Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return call("list", new LockName(namespace, ""), () -> {
            List<LockInfo> items = new ArrayList<>();
            Key next = null;
            for (LockName name : List.copyOf(table.rows.keySet())) {
                Key key = Key.of(name.name());
                LockInfo info = info(name);
                if (info != null && key.startsWith(prefix) && (from == null || key.compareTo(from) >= 0)) {
                    // Pages of two, so that few locks make several pages.
                    if (items.size() == Math.min(limit, 2)) {
                        next = key;
                        break;
                    }
                    items.add(info);
                }
            }
            return new Page<>(items, next);
        });
    }

    @Override
    public Call<ForceReply> forceRelease(LockName name) {
        return call("forceRelease", name, () -> {
            Row row = row(name.name());
            LeaseId holder = live(row);
            if (holder == null) {
                return ForceReply.NOT_HELD;
            }
            free(name, row, null, 0);
            signal(one -> one.gone(name, holder), false);
            return ForceReply.DONE;
        });
    }

    @Override
    public int renewBatch() {
        return renewBatch;
    }

    /** What the store says to {@link #assuredNanos}. */
    long assuredNanos = Long.MAX_VALUE;

    @Override
    public long assuredNanos(LockName name, LeaseId holder) {
        return assuredNanos;
    }

    @Override
    public Set<Capability> capabilities() {
        return capabilities;
    }

    @Override
    public NonOverlap nonOverlap() {
        return NonOverlap.ALWAYS;
    }

    @Override
    public void listen(Signals listener) {
        signals = listener;
    }
}
