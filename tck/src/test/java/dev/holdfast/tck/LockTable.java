package dev.holdfast.tck;

import dev.holdfast.lock.ForceReply;
import dev.holdfast.lock.GrantReply;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.Release;
import dev.holdfast.lock.ReleaseReply;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.Time;
import dev.holdfast.state.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Locks in a table, by the clock of the table, with a queue and signals: right, but for the one mistake it is told to make. */
final class LockTable {
    enum Mistake {
        NONE,
        ALWAYS_GRANTS,
        TRIES_STAND_IN_THE_QUEUE,
        RELEASE_DOES_NOTHING,
        RELEASES_FOR_ANYBODY,
        RELEASE_SAYS_YES,
        NEVER_ENDS,
        ENDS_EARLY,
        SECONDS_FOR_MILLISECONDS,
        MILLISECONDS_IN_AN_INT,
        RENEWAL_TAKES_BACK,
        RENEWS_FOR_ANYBODY,
        RENEWAL_DOES_NOTHING,
        RENEWS_THE_FIRST_OF_A_BATCH,
        RENEWAL_NEVER_SHORTENS,
        RENEWAL_IS_A_NEW_GRANT,
        GRANTS_AT_RANDOM,
        GRANTS_BEGIN_ANEW,
        GRANTS_COUNTED_BY_NAME,
        GRANTS_COUNTED_FROM_A_DAY_IN_2020,
        OFFERS_TO_NOBODY,
        LAST_COME_FIRST_SERVED,
        NO_PRIORITY,
        PLACES_FOR_EVER,
        NEVER_CONTENDED,
        TRANSFERS_TO_ANYBODY,
        TRANSFERS_FOR_EVER,
        FORCE_DOES_NOTHING,
        NAMES_BY_A_SHORT_HASH,
        NAMES_WITHOUT_CASE,
        ONE_NAMESPACE,
        LISTS_EVERY_NAMESPACE,
        LISTS_WITHOUT_PREFIX,
        LISTS_ONE_PAGE,
        FIND_ENDS_THE_HOLD,
        FIND_FORGETS_THE_LABEL,
        REFUSALS_MINT
    }

    private static final long OFFER_MILLIS = 2_000;
    private static final long FOR_EVER = Long.MAX_VALUE / 4;
    private static final Comparator<Place> IN_ORDER =
            Comparator.comparingInt((Place place) -> -place.priority).thenComparingLong(place -> place.arrival);

    private final Time time;
    private final Mistake mistake;
    private final Map<LockName, Row> rows =
            new TreeMap<>(Comparator.comparing(LockName::namespace).thenComparing(name -> Key.of(name.name())));
    private final Set<Client> clients = ConcurrentHashMap.newKeySet();
    private final Random random = new Random(7);
    private long lastGrant;
    private long arrivals;

    LockTable(Time time, Mistake mistake) {
        this.time = time;
        this.mistake = mistake;
    }

    LockStore client() {
        return new Client();
    }

    private static final class Row {
        LeaseId holder;
        LockName heldAs;
        String label = "";
        long end;
        long grant;
        LeaseId offeredTo;
        long offerEnd;
        final List<Place> queue = new ArrayList<>();
    }

    private static final class Place {
        LeaseId leaseId;
        int priority;
        long arrival;
        long end;
    }

    private boolean makes(Mistake one) {
        return mistake == one;
    }

    private long now() {
        return time.nanos() / 1_000_000;
    }

    private long end(long ttlMillis) {
        return now()
                + switch (mistake) {
                    case NEVER_ENDS -> FOR_EVER;
                    case ENDS_EARLY -> ttlMillis / 10;
                    case SECONDS_FOR_MILLISECONDS -> ttlMillis * 1_000;
                    case MILLISECONDS_IN_AN_INT -> (int) ttlMillis;
                    default -> ttlMillis;
                };
    }

    private Row row(LockName name) {
        LockName kept =
                switch (mistake) {
                    case NAMES_BY_A_SHORT_HASH ->
                        new LockName(name.namespace(), "" + (name.name().hashCode() & 0xFFF));
                    case NAMES_WITHOUT_CASE ->
                        new LockName(name.namespace(), name.name().toUpperCase(Locale.ROOT));
                    case ONE_NAMESPACE -> new LockName("", name.name());
                    default -> name;
                };
        Row row = rows.computeIfAbsent(kept, any -> new Row());
        row.queue.removeIf(place -> place.end <= now());
        if (row.holder != null && row.end <= now()) {
            pass(row, name, null, 0, new ArrayList<>());
        }
        if (row.offeredTo != null && row.offerEnd <= now()) {
            pass(row, name, null, 0, new ArrayList<>());
        }
        return row;
    }

    /** Ends the hold or the offer, and passes the name on. */
    private void pass(Row row, LockName name, LeaseId to, long millis, List<Consumer<LockStore.Signals>> signals) {
        row.holder = null;
        row.offeredTo = makes(Mistake.TRANSFERS_TO_ANYBODY) ? null : to;
        row.offerEnd = now() + (makes(Mistake.TRANSFERS_FOR_EVER) ? FOR_EVER : millis);
        if (makes(Mistake.GRANTS_BEGIN_ANEW)) {
            row.grant = 0;
        }
        if (to == null && !row.queue.isEmpty()) {
            Place next = row.queue.remove(0);
            row.offeredTo = makes(Mistake.OFFERS_TO_NOBODY) ? LeaseId.random() : next.leaseId;
            row.offerEnd =
                    makes(Mistake.OFFERS_TO_NOBODY) || makes(Mistake.PLACES_FOR_EVER) ? FOR_EVER : now() + OFFER_MILLIS;
        }
        LeaseId told = row.offeredTo;
        if (told != null) {
            signals.add(listener -> listener.available(name, told));
        }
    }

    private long nextGrant(Row row, long above) {
        row.grant = switch (mistake) {
            case GRANTS_AT_RANDOM -> 1 + random.nextInt(Integer.MAX_VALUE);
            case GRANTS_BEGIN_ANEW, GRANTS_COUNTED_BY_NAME -> Math.max(row.grant, above) + 1;
            case GRANTS_COUNTED_FROM_A_DAY_IN_2020 -> Math.max(Math.max(lastGrant, above) + 1, 1_600_000_000_000_000L);
            default -> Math.max(Math.max(lastGrant, above) + 1, time.wallMicros());
        };
        lastGrant = row.grant;
        return row.grant;
    }

    private final class Client implements LockStore {
        private volatile Signals listener;

        /** One command: done at once, and then told to all. */
        private interface Command<T> {
            T apply(List<Consumer<Signals>> signals);
        }

        private <T> Call<T> call(Command<T> command) {
            return Call.of(() -> {
                List<Consumer<Signals>> signals = new ArrayList<>();
                T reply;
                synchronized (LockTable.this) {
                    reply = command.apply(signals);
                }
                signals.forEach(signal ->
                        clients.forEach(client -> time.callbacks().execute(() -> signal.accept(client.listener))));
                return reply;
            });
        }

        @Override
        public Set<Capability> capabilities() {
            return Set.of(Capability.CROSS_PROCESS, Capability.FIFO_ACROSS_PROCESSES);
        }

        @Override
        public NonOverlap nonOverlap() {
            return NonOverlap.ALWAYS;
        }

        @Override
        public Call<GrantReply> tryGrant(GrantRequest request) {
            return call(signals -> {
                Row row = row(request.name());
                LeaseId me = request.leaseId();
                boolean mine = me.equals(row.holder);
                boolean free = row.holder == null && (row.offeredTo == null || me.equals(row.offeredTo));
                if (!mine && !free && !makes(Mistake.ALWAYS_GRANTS)) {
                    if (makes(Mistake.REFUSALS_MINT)) {
                        nextGrant(row, request.above());
                    }
                    queue(row, request, signals);
                    return GrantReply.busy(Math.max(1, (row.holder == null ? row.offerEnd : row.end) - now()));
                }
                if (!mine || row.grant <= request.above()) {
                    nextGrant(row, request.above());
                }
                row.end = mine ? Math.max(row.end, end(request.ttlMillis())) : end(request.ttlMillis());
                row.holder = me;
                row.heldAs = request.name();
                row.label = request.label();
                row.offeredTo = null;
                row.queue.removeIf(place -> place.leaseId.equals(me));
                return GrantReply.granted(row.grant, isContended(row));
            });
        }

        private void queue(Row row, GrantRequest request, List<Consumer<Signals>> signals) {
            GrantRequest.Waiting waiting = request.waiting();
            if (waiting == null && makes(Mistake.TRIES_STAND_IN_THE_QUEUE)) {
                waiting = new GrantRequest.Waiting(0, 60_000);
            }
            if (waiting == null) {
                return;
            }
            Place place = row.queue.stream()
                    .filter(one -> one.leaseId.equals(request.leaseId()))
                    .findFirst()
                    .orElse(null);
            if (place == null) {
                place = new Place();
                place.leaseId = request.leaseId();
                place.arrival = makes(Mistake.LAST_COME_FIRST_SERVED) ? -arrivals++ : arrivals++;
                place.priority = waiting.priority();
                row.queue.add(place);
                if (!makes(Mistake.NEVER_CONTENDED)) {
                    signals.add(listener -> listener.contended(request.name()));
                }
            }
            place.priority = makes(Mistake.NO_PRIORITY) ? 0 : Math.max(place.priority, waiting.priority());
            place.end = makes(Mistake.PLACES_FOR_EVER) ? FOR_EVER : now() + waiting.ttlMillis();
            row.queue.sort(IN_ORDER);
        }

        private boolean isContended(Row row) {
            return !row.queue.isEmpty() && !makes(Mistake.NEVER_CONTENDED);
        }

        @Override
        public Call<List<RenewReply>> renew(List<Renewal> renewals) {
            return call(signals -> {
                List<RenewReply> replies = new ArrayList<>();
                for (Renewal renewal : renewals) {
                    replies.add(renew(renewal, replies.isEmpty()));
                }
                return replies;
            });
        }

        private RenewReply renew(Renewal renewal, boolean first) {
            Row row = row(renewal.name());
            if (row.holder == null && makes(Mistake.RENEWAL_TAKES_BACK)) {
                row.holder = renewal.leaseId();
                row.heldAs = renewal.name();
            }
            if (row.holder == null || (!row.holder.equals(renewal.leaseId()) && !makes(Mistake.RENEWS_FOR_ANYBODY))) {
                return RenewReply.GONE;
            }
            boolean lies =
                    makes(Mistake.RENEWAL_DOES_NOTHING) || (makes(Mistake.RENEWS_THE_FIRST_OF_A_BATCH) && !first);
            long end = end(renewal.ttlMillis());
            row.end = lies ? row.end : makes(Mistake.RENEWAL_NEVER_SHORTENS) ? Math.max(row.end, end) : end;
            if (makes(Mistake.RENEWAL_IS_A_NEW_GRANT)) {
                nextGrant(row, 0);
            }
            return isContended(row) ? RenewReply.CONTENDED : RenewReply.RENEWED;
        }

        @Override
        public Call<ReleaseReply> release(Release release) {
            return call(signals -> {
                Row row = row(release.name());
                if (makes(Mistake.RELEASE_DOES_NOTHING)) {
                    return ReleaseReply.RELEASED;
                }
                boolean mine = release.leaseId().equals(row.holder);
                boolean any = row.holder != null && makes(Mistake.RELEASES_FOR_ANYBODY);
                if (!mine && !any) {
                    return makes(Mistake.RELEASE_SAYS_YES)
                            ? ReleaseReply.RELEASED
                            : row.holder == null ? ReleaseReply.NOT_HELD : ReleaseReply.HELD_BY_OTHER;
                }
                pass(row, release.name(), release.offerTo(), release.offerMillis(), signals);
                return ReleaseReply.RELEASED;
            });
        }

        @Override
        public Call<Void> cancel(LockName name, LeaseId leaseId) {
            return call(signals -> {
                Row row = row(name);
                if (makes(Mistake.PLACES_FOR_EVER)) {
                    return null;
                }
                row.queue.removeIf(place -> place.leaseId.equals(leaseId));
                if (leaseId.equals(row.holder) || leaseId.equals(row.offeredTo)) {
                    pass(row, name, null, 0, signals);
                }
                return null;
            });
        }

        @Override
        public Call<LockInfo> find(LockName name) {
            return call(signals -> {
                Row row = row(name);
                LockInfo info = row.holder == null ? null : info(row);
                if (makes(Mistake.FIND_ENDS_THE_HOLD)) {
                    row.holder = null;
                }
                return info;
            });
        }

        private LockInfo info(Row row) {
            String label = makes(Mistake.FIND_FORGETS_THE_LABEL) ? "" : row.label;
            return new LockInfo(row.heldAs.name(), row.grant, label, Duration.ofMillis(row.end - now()));
        }

        @Override
        public Call<Page<LockInfo>> list(String namespace, Key prefix, Key from, int limit) {
            return call(signals -> {
                List<LockInfo> held = List.copyOf(rows.keySet()).stream()
                        .filter(name -> name.namespace().equals(namespace) || makes(Mistake.LISTS_EVERY_NAMESPACE))
                        .filter(name -> Key.of(name.name()).startsWith(prefix) || makes(Mistake.LISTS_WITHOUT_PREFIX))
                        .filter(name -> from == null || Key.of(name.name()).compareTo(from) > 0)
                        .map(name -> row(name))
                        .filter(row -> row.holder != null)
                        .limit(limit)
                        .map(this::info)
                        .collect(Collectors.toList());
                boolean more = held.size() == limit && !makes(Mistake.LISTS_ONE_PAGE);
                return new Page<>(held, more ? Key.of(held.get(limit - 1).name()) : null);
            });
        }

        @Override
        public Call<ForceReply> forceRelease(LockName name) {
            return call(signals -> {
                Row row = row(name);
                LeaseId holder = row.holder;
                if (holder == null) {
                    return ForceReply.NOT_HELD;
                }
                if (!makes(Mistake.FORCE_DOES_NOTHING)) {
                    signals.add(listener -> listener.gone(name, holder));
                    pass(row, name, null, 0, signals);
                }
                return ForceReply.DONE;
            });
        }

        @Override
        public void listen(Signals signals) {
            listener = signals;
            clients.add(this);
        }

        @Override
        public void close() {
            clients.remove(this);
        }
    }
}
