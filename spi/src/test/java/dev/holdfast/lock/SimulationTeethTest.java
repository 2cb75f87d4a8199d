package dev.holdfast.lock;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.SimFailure.Rule;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.state.Condition;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Shows that the simulation bites: every world here is wrong in one way, below the engine or around it, and some seed must find it by the
 * invariant that is broken. What is wrong inside the engine is tried by hand; see docs/simulation.md.
 */
class SimulationTeethTest {
    private static final int SEEDS = 2_000;

    private static final Set<Rule> OVERLAP = EnumSet.of(Rule.OVERLAP);
    private static final Set<Rule> FENCE = EnumSet.of(Rule.FENCE);
    private static final Set<Rule> OVERLAP_OR_FENCE = EnumSet.of(Rule.OVERLAP, Rule.FENCE);
    private static final Set<Rule> STARVED = EnumSet.of(Rule.STARVED);
    private static final Set<Rule> RESIDUE = EnumSet.of(Rule.RESIDUE);
    private static final Set<Rule> LOST = EnumSet.of(Rule.LOST);

    @TestFactory
    Stream<DynamicTest> wrongWorld_isFound() {
        return Stream.of(
                server("the lease ends a tenth early", OVERLAP, EndsEarly::new),
                server("a renewal takes the name whoever holds it", OVERLAP_OR_FENCE, RenewsWithoutLooking::new),
                server("a renewal of a lost hold is acknowledged", LOST, RenewsWhatIsGone::new),
                server("a release frees the next holder", OVERLAP, ReleasesAnybody::new),
                server("a name is granted before its lease is over", OVERLAP, GrantsTooEarly::new),
                server("a grant repeats the one before", FENCE, RepeatsGrants::new),
                server("grants are counted from 1 and forgotten with the rest", FENCE, CountsGrants::new),
                server("a cancelled acquisition keeps its hold", RESIDUE, IgnoresCancel::new),
                server("an offer does not end", STARVED, OffersForEver::new),
                store("releases are not sent", STARVED, KeepsReleases::new),
                store("renewals are acknowledged before they are sent", OVERLAP, TrustsRenewals::new),
                store("a grant that arrived before is answered again", OVERLAP_OR_FENCE, RemembersGrants::new),
                world("clocks are worse than allowed for", OVERLAP, new Simulation.Parts() {
                    @Override
                    double trueDrift(double allowed) {
                        return 3 * allowed;
                    }
                }),
                world("the monotonic clock stops in a freeze", OVERLAP, new Simulation.Parts() {
                    @Override
                    boolean clockStopsWhenFrozen() {
                        return true;
                    }
                }),
                world("on keys: a contender has too little patience", OVERLAP, new OnKeys() {
                    @Override
                    double patience(double drift) {
                        return -0.1;
                    }
                }),
                world("on keys: conditions of writes are not checked", OVERLAP_OR_FENCE, new OnKeys() {
                    @Override
                    KeyStore keys() {
                        return new Unconditional();
                    }
                }));
    }

    private static DynamicTest world(String wrong, Set<Rule> expected, Simulation.Parts parts) {
        return DynamicTest.dynamicTest(wrong, () -> {
            SimFailure found = firstFailure(parts);
            assertNotNull(found, "nothing was found in " + SEEDS + " seeds");
            assertTrue(expected.contains(found.rule), found.getMessage());
        });
    }

    private static @Nullable SimFailure firstFailure(Simulation.Parts parts) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            try {
                Simulation.run(seed, false, parts);
            } catch (SimFailure found) {
                return found;
            }
        }
        return null;
    }

    private interface MakesServer {
        SimLockServer make(SimWorld world, double rate, SimChecks checks);
    }

    private static DynamicTest server(String wrong, Set<Rule> expected, MakesServer maker) {
        return world(wrong, expected, new Simulation.Parts() {
            @Override
            SimLockServer server(SimWorld world, double rate, SimChecks checks) {
                return maker.make(world, rate, checks);
            }
        });
    }

    private static DynamicTest store(String wrong, Set<Rule> expected, UnaryOperator<LockStore> wrapper) {
        return world(wrong, expected, new Simulation.Parts() {
            @Override
            LockStore store(LockStore store) {
                return wrapper.apply(store);
            }
        });
    }

    private static class OnKeys extends Simulation.Parts {
        @Override
        boolean onKeys() {
            return true;
        }
    }

    // --- Wrong servers

    private static final class EndsEarly extends SimLockServer {
        EndsEarly(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        long endOf(long ttlMillis) {
            return clock() + ttlMillis * SimWorld.MILLI / 10 * 9;
        }
    }

    private static final class RenewsWithoutLooking extends SimLockServer {
        RenewsWithoutLooking(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        RenewReply renew(Renewal renewal) {
            lock(renewal.name()).holder = renewal.leaseId();
            return super.renew(renewal);
        }
    }

    private static final class RenewsWhatIsGone extends SimLockServer {
        RenewsWhatIsGone(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        RenewReply renew(Renewal renewal) {
            super.renew(renewal);
            return RenewReply.RENEWED;
        }
    }

    private static final class ReleasesAnybody extends SimLockServer {
        ReleasesAnybody(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        ReleaseReply release(Release release) {
            LeaseId holder = lock(release.name()).holder;
            return super.release(holder == null ? release : Release.of(release.name(), holder));
        }
    }

    private static final class GrantsTooEarly extends SimLockServer {
        GrantsTooEarly(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        GrantReply tryGrant(GrantRequest request) {
            Lock lock = lock(request.name());
            if (lock.end - clock() < 50 * SimWorld.MILLI && !request.leaseId().equals(lock.holder)) {
                lock.holder = null;
            }
            return super.tryGrant(request);
        }
    }

    private static final class RepeatsGrants extends SimLockServer {
        RepeatsGrants(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        long mint(Lock lock, long above) {
            return lock.grant == 0 ? super.mint(lock, above) : lock.grant;
        }
    }

    private static final class CountsGrants extends SimLockServer {
        CountsGrants(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        long mint(Lock lock, long above) {
            return Math.max(lock.grant, above) + 1;
        }
    }

    private static final class IgnoresCancel extends SimLockServer {
        IgnoresCancel(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        void cancel(LockName name, LeaseId leaseId) {}
    }

    private static final class OffersForEver extends SimLockServer {
        OffersForEver(SimWorld world, double rate, SimChecks checks) {
            super(world, rate, checks);
        }

        @Override
        ReleaseReply release(Release release) {
            ReleaseReply reply = super.release(release);
            lock(release.name()).offerEnd = Long.MAX_VALUE;
            return reply;
        }
    }

    // --- Wrong ways to a right server

    private static final class KeepsReleases extends ForwardingLockStore {
        KeepsReleases(LockStore next) {
            super(next);
        }

        @Override
        public Call<ReleaseReply> release(Release release) {
            return Call.done(ReleaseReply.RELEASED);
        }
    }

    private static final class TrustsRenewals extends ForwardingLockStore {
        TrustsRenewals(LockStore next) {
            super(next);
        }

        @Override
        public Call<List<RenewReply>> renew(List<Renewal> renewals) {
            return Call.ofStage(() -> {
                next().renew(renewals).start();
                return Call.done(renewals.stream()
                                .map(renewal -> RenewReply.RENEWED)
                                .toList())
                        .start();
            });
        }
    }

    private static final class RemembersGrants extends ForwardingLockStore {
        private final Map<Asked, GrantReply> granted = new HashMap<>();

        private record Asked(LockName name, LeaseId leaseId) {}

        RemembersGrants(LockStore next) {
            super(next);
        }

        @Override
        public Call<GrantReply> tryGrant(GrantRequest request) {
            Asked asked = new Asked(request.name(), request.leaseId());
            GrantReply before = granted.get(asked);
            return before != null
                    ? Call.done(before)
                    : next().tryGrant(request).map(reply -> {
                        if (reply.granted()) {
                            granted.put(asked, reply);
                        }
                        return reply;
                    });
        }
    }

    private static final class Unconditional extends KeyStore {
        @Override
        boolean writeNow(Space space, Mutation mutation) {
            return super.writeNow(
                    space,
                    mutation.kind() == Mutation.Kind.PUT
                            ? Mutation.put(mutation.key(), Condition.ANY, mutation.stored(), mutation.ttlMillis())
                            : mutation);
        }
    }
}
