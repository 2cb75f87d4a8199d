package dev.holdfast.redis;

import dev.holdfast.lock.LockInfo;
import dev.holdfast.lock.LockName;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Page;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Looks at locks. There is no index of them, because listing is rare and locking is not: a page looks through all keys of the
 * store for the least names behind the page before it. So each name comes at most once, however the store rearranges its keys meanwhile.
 */
final class LockListing {
    private static final Script FIND = Script.of("lock_find");
    private static final byte[] SCAN = Command.ascii("SCAN");
    private static final byte[] MATCH = Command.ascii("MATCH");
    private static final byte[] COUNT = Command.ascii("COUNT");
    private static final byte[] KEYS_PER_STEP = Command.ascii("1000");
    private static final byte[] START = Command.ascii("0");
    private static final int NAMES_PER_SCRIPT = 128;

    private final Redis redis;

    LockListing(Redis redis) {
        this.redis = redis;
    }

    Call<@Nullable LockInfo> find(LockName name) {
        return redis.call(Command.read(FIND, List.of(new LockKeys(name).record()), List.of()))
                .map(reply -> info(name.name(), Replies.list(reply), 0));
    }

    private static @Nullable LockInfo info(String name, List<?> answers, int number) {
        long left = Replies.number(answers.get(2 * number));
        if (left == 0) {
            return null;
        }
        String grantAndLabel = new String(Replies.bytes(answers.get(2 * number + 1)), StandardCharsets.UTF_8);
        long grant = Long.parseLong(grantAndLabel.substring(0, 16));
        return new LockInfo(name, grant, grantAndLabel.substring(16), Duration.ofMillis(left));
    }

    Call<Page<LockInfo>> list(String namespace, Key prefix, @Nullable Key from, int limit) {
        return Tour.over(redis, tour -> {
            Search search = new Search(tour, namespace, prefix, from, limit);
            List<Call<Boolean>> searches = new ArrayList<>();
            tour.servers().forEach(node -> searches.add(search.at(node)));
            return Call.all(searches).then(done -> search.page());
        });
    }

    /** Where a search stands on one server. */
    private static final class Walk {
        private final Search search;
        private byte[] cursor = START;

        Walk(Search search) {
            this.search = search;
        }

        /** True at the end, null before. */
        @Nullable
        Boolean stepped(Tour.Told told) {
            search.check(told);
            List<?> cursorAndKeys = Replies.list(told.replies().get(0));
            Replies.list(cursorAndKeys.get(1)).forEach(key -> search.found(Replies.bytes(key)));
            cursor = Replies.bytes(cursorAndKeys.get(0));
            return Arrays.equals(cursor, START) ? true : null;
        }
    }

    /** The search for one page. */
    private final class Search {
        private final Tour tour;
        private final String namespace;
        private final byte[] pattern;
        private final @Nullable Key from;
        private final int limit;
        /** Which primary has which slots, as the first answer said; null before. */
        private final AtomicReference<@Nullable Long> layout = new AtomicReference<>();
        /** The least names found, at most as many as fit the page. Guarded by itself: several servers answer. */
        private final TreeSet<Key> least = new TreeSet<>();

        Search(Tour tour, String namespace, Key prefix, @Nullable Key from, int limit) {
            this.tour = tour;
            this.namespace = namespace;
            this.from = from;
            this.limit = limit;
            pattern = Glob.join(
                    Command.ascii("hf:{*}:lock:"),
                    Glob.quoted(Names.bytes(namespace, "")),
                    Glob.quoted(prefix.toBytes()),
                    Command.ascii("*"));
        }

        /** Looks through one server, from one step of its cursor to the next. */
        Call<Boolean> at(Node node) {
            Walk walk = new Walk(this);
            return Call.attempts(
                    Integer.MAX_VALUE,
                    () -> tour.ask(
                                    node,
                                    List.of(Command.read(
                                            null, SCAN, walk.cursor, MATCH, pattern, COUNT, KEYS_PER_STEP)))
                            .map(walk::stepped),
                    () -> new BackendUnavailableException("the keys had no end"));
        }

        /** A lock whose slot moved meanwhile may be missed. */
        private void check(Tour.Told told) {
            tour.check(told);
            layout.compareAndSet(null, told.layout());
            Long first = layout.get();
            if (first != null && first != told.layout()) {
                throw tour.stale();
            }
        }

        private void found(byte[] record) {
            Names names = Names.ofKey(record, LockKeys.LOCK);
            if (names == null || !names.text().equals(namespace)) {
                return;
            }
            Key name = Key.of(names.rest());
            synchronized (least) {
                if (from == null || name.compareTo(from) > 0) {
                    least.add(name);
                    if (least.size() > limit) {
                        least.pollLast();
                    }
                }
            }
        }

        private Call<Page<LockInfo>> page() {
            Key last = least.size() < limit ? null : least.last();
            Map<Integer, List<String>> open = new TreeMap<>();
            List<List<String>> groups = new ArrayList<>();
            for (Key key : least) {
                String name = new String(key.toBytes(), StandardCharsets.UTF_8);
                int slot = redis.isCluster() ? new LockKeys(new LockName(namespace, name)).tag : 0;
                List<String> group = open.get(slot);
                if (group == null || group.size() == NAMES_PER_SCRIPT) {
                    group = new ArrayList<>();
                    groups.add(group);
                    open.put(slot, group);
                }
                group.add(name);
            }
            return Call.all(groups.stream().map(this::look).toList()).map(found -> {
                TreeMap<Key, LockInfo> held = new TreeMap<>();
                found.forEach(infos -> infos.forEach(info -> held.put(Key.of(info.name()), info)));
                return new Page<>(List.copyOf(held.values()), last);
            });
        }

        private Call<List<LockInfo>> look(List<String> group) {
            List<byte[]> keys = group.stream()
                    .map(name -> new LockKeys(new LockName(namespace, name)).record())
                    .toList();
            return redis.call(Command.read(FIND, keys, List.of())).map(reply -> {
                List<LockInfo> held = new ArrayList<>();
                for (int i = 0; i < group.size(); i++) {
                    LockInfo info = info(group.get(i), Replies.list(reply), i);
                    if (info != null) {
                        held.add(info);
                    }
                }
                return held;
            });
        }
    }
}
