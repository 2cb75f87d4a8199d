package dev.holdfast.redis;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Health;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.Outcome;
import dev.holdfast.state.Commit;
import dev.holdfast.state.CommitResult;
import dev.holdfast.state.Expiry;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mark;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** State on Redis: entries outside of scopes in {@link RootEntries}, scopes in {@link ScopeEntries}. Safe for use by many threads. */
final class RedisStateStore implements StateStore {
    /** The most of a batch: what a script applies in a few milliseconds, in which the server does nothing else. */
    private static final Limits LIMITS = Limits.builder()
            .maxKeyBytes(8 << 10)
            .maxNameBytes(1 << 10)
            .maxValueBytes(16 << 20)
            .maxBatchEntries(1_000)
            .maxBatchBytes(4 << 20)
            .build();

    private static final Script SCAN = Script.of("scope_scan");

    private final Redis redis;
    private final Set<Capability> capabilities;
    private final Doctor doctor;
    private final RootEntries root;
    private final ScopeEntries scopes;
    private final Keyspace keyspace;

    /** @param capabilities what the whole backend declares */
    RedisStateStore(Redis redis, Set<Capability> capabilities, Doctor doctor) {
        this.redis = redis;
        this.capabilities = Set.copyOf(capabilities);
        this.doctor = doctor;
        root = new RootEntries(redis);
        scopes = new ScopeEntries(redis);
        keyspace = new Keyspace(redis);
    }

    @Override
    public Set<Capability> capabilities() {
        return capabilities;
    }

    @Override
    public Limits limits() {
        return LIMITS;
    }

    @Override
    public Call<Health> health() {
        return doctor.health();
    }

    @Override
    public Map<String, Long> gauges() {
        return redis.gauges();
    }

    @Override
    public @Nullable String node(Space space, Key key) {
        if (!redis.topology().isCluster()) {
            return null;
        }
        return redis.node(isScope(space) ? Layout.scope(space).get(0) : Layout.entry(Layout.entries(space), key));
    }

    /** A read shows what the primary has; a write that waits for replicas promises more. */
    @Override
    public boolean seenIsDone() {
        return !redis.settings().acknowledgement().isWanted();
    }

    private static boolean isScope(Space space) {
        return space.kind() == Space.Kind.SCOPE;
    }

    // --- Any space

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return isScope(space) ? scopes.read(space, key) : root.read(space, key);
    }

    @Override
    public Call<List<@Nullable Stored>> readAll(Space space, List<Key> keys) {
        return isScope(space) ? scopes.readAll(space, keys) : root.readAll(space, keys);
    }

    @Override
    public Call<Expiry> expiry(Space space, Key key) {
        return isScope(space) ? scopes.expiry(space, key) : root.expiry(space, key);
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        if (isScope(space)) {
            return new Scan<KeyedValue>(
                            request,
                            1,
                            (cursor, count) -> scanScope(space, request.prefix(), cursor, count),
                            item -> Layout.field(item.key()))
                    .page();
        }
        return names(space, request).then(page -> root.values(page.items()).map(values -> {
            List<KeyedValue> items = new ArrayList<>(values.size());
            for (int i = 0; i < values.size(); i++) {
                Key key = Layout.key(space, request.prefix(), page.items().get(i));
                Stored stored = values.get(i);
                if (key != null && stored != null) {
                    items.add(new KeyedValue(key, stored));
                }
            }
            return new Page<>(items, page.next());
        }));
    }

    private Call<Page<byte[]>> names(Space space, ScanRequest request) {
        Key prefix = request.prefix();
        return keyspace.page(Layout.entries(space, prefix), name -> Layout.key(space, prefix, name) != null, request);
    }

    private Call<Scan.Step<KeyedValue>> scanScope(Space scope, Key prefix, Cursor cursor, int count) {
        Command command = Command.read(
                SCAN,
                Layout.scope(scope),
                List.of(
                        Command.ascii(Long.toUnsignedString(cursor.position)),
                        Layout.fields(prefix),
                        Command.ascii(Integer.toString(count))));
        return redis.call(command).map(answer -> {
            List<?> reply = Replies.list(answer);
            cursor.check(0, Keyspace.text(reply.get(2)), Replies.number(reply.get(1)));
            List<?> found = Replies.list(reply.get(3));
            List<KeyedValue> items = new ArrayList<>(found.size() / 2);
            for (int i = 0; i < found.size(); i += 2) {
                Key key = Layout.key(Replies.bytes(found.get(i)));
                if (key.startsWith(prefix)) {
                    items.add(new KeyedValue(key, Stored.ofRecord(Replies.bytes(found.get(i + 1)))));
                }
            }
            return new Scan.Step<>(Long.parseUnsignedLong(Keyspace.text(reply.get(0))), items);
        });
    }

    @Override
    public Call<Long> count(Space space, Key prefix) {
        if (isScope(space)) {
            return prefix.length() == 0 ? scopes.count(space) : new Counting(page -> scan(space, page), prefix).call();
        }
        return new Counting(page -> names(space, page), prefix).call();
    }

    // --- The root and internal spaces

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return root.write(space, mutation);
    }

    @Override
    public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
        return mutations.isEmpty() ? Call.done(List.of()) : root.writeAll(space, mutations);
    }

    @Override
    public Call<Long> clear(Space space, Key prefix) {
        return keyspace.unlink(Layout.entries(space, prefix), name -> Layout.key(space, prefix, name) != null);
    }

    // --- Scopes

    @Override
    public Call<CommitResult> apply(Space scope, Commit commit) {
        return scopes.apply(scope, commit);
    }

    @Override
    public Call<@Nullable Mark> mark(Space scope) {
        return scopes.mark(scope);
    }

    @Override
    public Call<Mark> raise(Space scope, long fence) {
        return scopes.raise(scope, fence);
    }

    @Override
    public Call<Mark> takeOver(Space scope) {
        return scopes.takeOver(scope);
    }

    @Override
    public Call<@Nullable Void> forget(Space scope) {
        return scopes.forget(scope);
    }

    @Override
    public Call<Page<Key>> scopes(String namespace, ScanRequest request) {
        Key prefix = request.prefix();
        return keyspace.page(
                        Layout.scopes(namespace, prefix),
                        hash -> Layout.scopeName(namespace, prefix, hash) != null,
                        request)
                .then(page -> present(namespace, prefix, page));
    }

    /** Those scopes of a page that have a mark or an entry that has not ended. */
    private Call<Page<Key>> present(String namespace, Key prefix, Page<byte[]> page) {
        List<String> names = new ArrayList<>(page.items().size());
        page.items().forEach(hash -> names.add(Layout.scopeName(namespace, prefix, hash)));
        List<Command> commands = new ArrayList<>(names.size());
        names.forEach(name -> commands.add(ScopeEntries.countCommand(Space.scope(namespace, name))));
        return redis.callAll(commands).map(outcomes -> {
            List<Key> there = new ArrayList<>(names.size());
            for (int i = 0; i < outcomes.size(); i++) {
                if (ScopeEntries.isThere(outcomes.get(i).get())) {
                    there.add(Key.of(names.get(i)));
                }
            }
            return new Page<>(there, page.next());
        });
    }

    @Override
    public void close() {
        redis.close();
    }

    @Override
    public String toString() {
        return "redis";
    }
}
