package dev.holdfast.history;

import static java.util.Comparator.comparingLong;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sweeps over the grants of each lock, in O(n log n). Every bound favours the backend. */
final class Locks {

    private Locks() {}

    /** A grant and the time, from its return, for which its holder is entitled. */
    private record Entitlement(Grant grant, long until) {}

    static Verdict mutex(Collection<? extends Event> history, double drift) {
        Map<String, List<Grant>> locks = granted(history);
        List<Finding> findings = new ArrayList<>();
        locks.forEach((lock, grants) -> {
            grants.sort(comparingLong(Grant::ret));
            Entitlement longest = null;
            for (Grant grant : grants) {
                Entitlement entitled = new Entitlement(grant, entitledUntil(grant, drift));
                if (entitled.until <= grant.ret()) {
                    continue;
                }
                if (longest != null && grant.ret() < longest.until) {
                    long overlap = Math.min(longest.until, entitled.until) - grant.ret();
                    findings.add(new Finding(
                            Rule.MUTEX,
                            "lock " + lock + ": two holders were entitled at once, for " + overlap + " ns",
                            List.of(longest.grant, grant)));
                }
                longest = longest == null || entitled.until > longest.until ? entitled : longest;
            }
        });
        return verdict(locks, findings);
    }

    /**
     * The earliest moment at which the backend may let the grant end. A renewal that is not known to have been applied
     * cannot lengthen it; but it may come to be applied late and shorten it, so from its call on the shortest lease counts.
     */
    private static long entitledUntil(Grant grant, double drift) {
        long sent = grant.sent() == null ? grant.call() : grant.sent();
        long lease = grant.leaseNanos();
        long until = Stamps.after(sent, shortened(lease, drift));
        long settled = grant.ret();
        for (Grant.Renewal renewal : grant.renewals()) {
            boolean acknowledged = renewal.outcome() == Outcome.OK;
            if (renewal.call() > until || !(acknowledged || renewal.outcome() == Outcome.UNKNOWN)) {
                continue;
            }
            lease = renewal.call() > settled ? renewal.leaseNanos() : Math.min(lease, renewal.leaseNanos());
            settled = Math.max(settled, acknowledged ? renewal.ret() : Long.MAX_VALUE);
            long renewed = Stamps.after(renewal.call(), shortened(lease, drift));
            until = acknowledged ? renewed : Math.min(until, renewed);
        }
        return grant.end() == null ? until : Math.min(until, grant.end().call());
    }

    private static long shortened(long leaseNanos, double drift) {
        return leaseNanos - (long) Math.ceil(leaseNanos * drift);
    }

    static Verdict fenceOrder(Collection<? extends Event> history) {
        Map<String, List<Grant>> locks = granted(history);
        List<Finding> findings = new ArrayList<>();
        locks.forEach((lock, grants) -> {
            Map<Long, Grant> byFence = new HashMap<>();
            for (Grant grant : grants) {
                Grant twin = byFence.putIfAbsent(grant.fence(), grant);
                if (twin != null) {
                    findings.add(new Finding(
                            Rule.FENCE,
                            "lock " + lock + ": fence " + grant.fence() + " was granted twice",
                            List.of(twin, grant)));
                }
            }
            HighWater<Grant> highest = new HighWater<>(grants, Grant::fence);
            grants.sort(comparingLong(Grant::call));
            for (Grant grant : grants) {
                Grant higher = highest.returnedBefore(grant.call());
                if (higher != null && higher.fence() > grant.fence()) {
                    findings.add(new Finding(
                            Rule.FENCE,
                            "lock " + lock + ": fence " + grant.fence() + " was granted after fence " + higher.fence(),
                            List.of(higher, grant)));
                }
            }
        });
        return verdict(locks, findings);
    }

    static Verdict honesty(Collection<? extends Event> history) {
        Map<String, Map<Long, Grant>> locks = new HashMap<>();
        granted(history).forEach((lock, grants) -> {
            Map<Long, Grant> byFence = locks.computeIfAbsent(lock, any -> new HashMap<>());
            for (Grant grant : grants) {
                byFence.merge(grant.fence(), grant, (a, b) -> claimableUntil(a) < claimableUntil(b) ? b : a);
            }
        });
        List<Finding> findings = new ArrayList<>();
        int checked = 0;
        for (Event event : history) {
            if (event instanceof HeldSample sample && sample.outcome() == Outcome.OK) {
                checked++;
                Grant grant = locks.getOrDefault(sample.lock(), Map.of()).get(sample.fence());
                if (grant != null && sample.call() > claimableUntil(grant)) {
                    findings.add(new Finding(
                            Rule.HONESTY,
                            "lock " + sample.lock() + ": said to be held under fence " + sample.fence() + " "
                                    + (sample.call() - claimableUntil(grant)) + " ns after it no longer was",
                            List.of(grant, sample)));
                }
            }
        }
        return new Verdict(checked, findings, List.of());
    }

    /** The latest moment at which the holder may believe that it holds the lock. */
    private static long claimableUntil(Grant grant) {
        long until = Stamps.after(grant.sent() == null ? grant.ret() : grant.sent(), grant.leaseNanos());
        for (Grant.Renewal renewal : grant.renewals()) {
            if (renewal.outcome() == Outcome.OK) {
                until = Math.max(until, Stamps.after(renewal.call(), renewal.leaseNanos()));
            }
        }
        return grant.end() == null ? until : Math.min(until, grant.end().ret());
    }

    private static Map<String, List<Grant>> granted(Collection<? extends Event> history) {
        Map<String, List<Grant>> locks = new LinkedHashMap<>();
        for (Event event : history) {
            if (event instanceof Grant grant && grant.outcome() == Outcome.OK) {
                locks.computeIfAbsent(grant.lock(), any -> new ArrayList<>()).add(grant);
            }
        }
        return locks;
    }

    private static Verdict verdict(Map<String, List<Grant>> locks, List<Finding> findings) {
        return new Verdict(locks.values().stream().mapToInt(List::size).sum(), findings, List.of());
    }
}
