package dev.holdfast.redis;

import dev.holdfast.lock.LockName;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Renews many holds with few commands: on a cluster a script may touch one slot only, elsewhere it takes any names. */
final class LockRenewals {
    private static final Script RENEW = Script.of("lock_renew");

    /** So many, because on a cluster they are spread over all tags, and each tag takes a command. */
    static final int BATCH = 10_000;

    /** The server does nothing else during a script; so many take it well below a millisecond. */
    private static final int HOLDS_PER_SCRIPT = 128;

    private final Redis redis;

    LockRenewals(Redis redis) {
        this.redis = redis;
    }

    /** Holds renewed by one command, by their numbers in the whole. */
    static final class Group {
        final List<Integer> numbers = new ArrayList<>();
        final List<byte[]> keys = new ArrayList<>();
        final List<byte[]> arguments = new ArrayList<>();

        void add(int number, LockKeys names, Renewal renewal) {
            numbers.add(number);
            keys.add(names.record());
            keys.add(names.queue());
            arguments.add(RedisLockStore.bytes(renewal.leaseId()));
            arguments.add(RedisLockStore.digits(renewal.ttlMillis()));
        }

        /** Not repeated behind the engine's back: a first attempt that comes late would shorten what was granted since. */
        Command command() {
            return Command.write(RENEW, keys, arguments);
        }
    }

    Call<List<RenewReply>> renew(List<Renewal> renewals) {
        List<Group> groups = groups(renewals);
        if (groups.size() == 1) {
            Group only = groups.get(0);
            return redis.call(only.command())
                    .map(reply -> answers(renewals.size(), groups, List.of(Outcome.value(reply))));
        }
        return redis.callAll(groups.stream().map(Group::command).toList())
                .map(outcomes -> answers(renewals.size(), groups, outcomes));
    }

    private List<Group> groups(List<Renewal> renewals) {
        boolean cluster = redis.isCluster();
        Map<Integer, Group> open = new TreeMap<>();
        List<Group> groups = new ArrayList<>();
        for (int number = 0; number < renewals.size(); number++) {
            LockName name = renewals.get(number).name();
            LockKeys keys = new LockKeys(name);
            int slot = cluster ? keys.tag : 0;
            Group group = open.get(slot);
            if (group == null || group.numbers.size() == HOLDS_PER_SCRIPT) {
                group = new Group();
                groups.add(group);
                open.put(slot, group);
            }
            group.add(number, keys, renewals.get(number));
        }
        return groups;
    }

    /**
     * One server's failure is not that of the others' holds; if all failed, it is an error, and that all were not applied is told only if
     * none was: the engine forgets such a renewal.
     */
    static List<RenewReply> answers(int count, List<Group> groups, List<Outcome<@Nullable Object>> outcomes) {
        RenewReply[] answers = new RenewReply[count];
        Arrays.fill(answers, RenewReply.UNKNOWN);
        RuntimeException gravest = null;
        int failed = 0;
        for (int i = 0; i < groups.size(); i++) {
            Outcome<@Nullable Object> outcome = outcomes.get(i);
            RuntimeException error = outcome.error();
            if (error == null) {
                fill(answers, groups.get(i), Replies.list(outcome.get()));
            } else if (error instanceof BackendException) {
                gravest = gravest == null || gravest instanceof BackendUnavailableException ? error : gravest;
                failed++;
            } else {
                throw error;
            }
        }
        if (gravest != null && failed == groups.size()) {
            throw gravest;
        }
        return List.of(answers);
    }

    private static void fill(RenewReply[] answers, Group group, List<?> codes) {
        for (int i = 0; i < group.numbers.size(); i++) {
            long code = Replies.number(codes.get(i));
            answers[group.numbers.get(i)] =
                    code == 0 ? RenewReply.GONE : code == 1 ? RenewReply.RENEWED : RenewReply.CONTENDED;
        }
    }
}
