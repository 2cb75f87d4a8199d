package dev.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.history.Grant.End;
import dev.holdfast.history.Grant.Renewal;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LocksTest {

    private static final double DRIFT = 0.01;

    private static Grant grant(long fence, long call, long ret, long lease, @Nullable End end, Renewal... renewals) {
        return new Grant("c" + fence, "l", Outcome.OK, fence, lease, null, List.of(renewals), end, call, ret);
    }

    private static Grant sent(long moment, Grant of) {
        return new Grant(
                of.client(),
                of.lock(),
                of.outcome(),
                of.fence(),
                of.leaseNanos(),
                moment,
                of.renewals(),
                of.end(),
                of.call(),
                of.ret());
    }

    private static Renewal renewal(Outcome outcome, long lease, long call) {
        return new Renewal(lease, outcome, call, call + 5);
    }

    private static @Nullable End released(long call) {
        return new End(End.Kind.RELEASED, call, call + 5);
    }

    private static HeldSample held(long fence, long call) {
        return new HeldSample("c", "l", fence, Outcome.OK, call, call + 1);
    }

    /** Asserts which rule is broken by which events, or that none is. */
    private static void assertFinds(Verdict verdict, @Nullable Rule rule, Event... culprits) {
        if (rule == null) {
            verdict.requireOk();
            return;
        }
        assertEquals(1, verdict.violations().size(), verdict::toString);
        assertEquals(rule, verdict.violations().get(0).rule());
        assertEquals(Arrays.asList(culprits), verdict.violations().get(0).culprits());
    }

    private static Verdict mutex(Grant... grants) {
        return Checks.mutex(List.of(grants), DRIFT);
    }

    @Test
    void mutex_allowsTheNextGrantAfterReleaseLossOrLease() {
        assertFinds(mutex(grant(1, 0, 10, 1000, released(100)), grant(2, 90, 110, 1000, null)), null);
        End lost = new End(End.Kind.LOST, 100, 100);
        assertFinds(mutex(grant(1, 0, 10, 1000, lost), grant(2, 90, 110, 1000, null)), null);
        assertFinds(mutex(grant(1, 0, 10, 1000, null), grant(2, 900, 990, 1000, null)), null);
    }

    @Test
    void mutex_findsADoubleGrant() {
        Grant first = grant(1, 0, 10, 1000, null);
        Grant second = grant(2, 20, 30, 1000, null);
        assertFinds(mutex(second, first), Rule.MUTEX, first, second);
    }

    @Test
    void mutex_findsAnEarlyExpiry_butNotOneWithinTheDrift() {
        Grant first = grant(1, 0, 10, 1000, null);
        Grant early = grant(2, 980, 989, 1000, null);
        assertFinds(mutex(first, early), Rule.MUTEX, first, early);
        assertFinds(mutex(first, grant(2, 980, 990, 1000, null)), null);
    }

    @Test
    void mutex_findsTheHolderBehindAShorterOne() {
        Grant first = grant(1, 0, 10, 1000, null);
        Verdict verdict = mutex(first, grant(2, 20, 30, 50, null), grant(3, 200, 210, 50, null));
        assertEquals(2, verdict.violations().size(), verdict::toString);
    }

    @Test
    void mutex_countsAcknowledgedRenewalsOnly() {
        Grant next = grant(2, 1100, 1200, 1000, null);
        Grant renewed = grant(1, 0, 10, 1000, null, renewal(Outcome.OK, 1000, 500));
        assertFinds(mutex(renewed, next), Rule.MUTEX, renewed, next);
        for (Outcome outcome : List.of(Outcome.UNKNOWN, Outcome.REFUSED, Outcome.FAILED)) {
            assertFinds(mutex(grant(1, 0, 10, 1000, null, renewal(outcome, 1000, 500)), next), null);
        }
    }

    @Test
    void mutex_countsNoRenewalAfterTheLeaseRanOut() {
        Grant lapsed = grant(1, 0, 10, 1000, null, renewal(Outcome.OK, 1000, 1100));
        assertFinds(mutex(lapsed, grant(2, 1000, 1105, 1000, null)), null);
    }

    @Test
    void mutex_letsARenewalShortenTheLease_alsoOneThatMayArriveLate() {
        Grant next = grant(2, 600, 650, 1000, null);
        assertFinds(mutex(grant(1, 0, 10, 1000, null, renewal(Outcome.OK, 100, 500)), next), null);
        Renewal ghost = renewal(Outcome.UNKNOWN, 100, 500);
        assertFinds(mutex(grant(1, 0, 10, 1000, null, ghost, renewal(Outcome.OK, 1000, 540)), next), null);
    }

    @Test
    void mutex_countsTheLeaseFromTheSending() {
        Grant waited = grant(1, 0, 5000, 1000, null);
        Grant next = grant(2, 5000, 5500, 1000, null);
        assertFinds(mutex(waited, next), null);
        assertFinds(mutex(sent(4990, waited), next), Rule.MUTEX, sent(4990, waited), next);
    }

    @Test
    void mutex_entitlesNobodyWhoWasNotGranted() {
        Grant unknown = new Grant("c", "l", Outcome.UNKNOWN, 0, 0, null, List.of(), null, 0, 10);
        assertFinds(mutex(unknown, grant(2, 0, 30, 1000, null)), null);
    }

    @Test
    void fenceOrder_findsARegressAndATwin() {
        Grant first = grant(7, 0, 10, 5, null);
        Grant lower = grant(6, 11, 20, 5, null);
        assertFinds(Checks.fenceOrder(List.of(lower, first)), Rule.FENCE, first, lower);
        Grant twin = grant(7, 5, 20, 5, null);
        assertFinds(Checks.fenceOrder(List.of(first, twin)), Rule.FENCE, first, twin);
    }

    @Test
    void fenceOrder_leavesConcurrentGrantsFree() {
        assertFinds(Checks.fenceOrder(List.of(grant(7, 0, 10, 5, null), grant(6, 10, 20, 5, null))), null);
    }

    @Test
    void honesty_findsAClaimAfterLeaseReleaseOrLoss() {
        Grant grant = sent(0, grant(1, 0, 10, 1000, null));
        assertFinds(Checks.honesty(List.of(grant, held(1, 1000))), null);
        assertFinds(Checks.honesty(List.of(grant, held(1, 1001))), Rule.HONESTY, grant, held(1, 1001));
        Grant released = grant(1, 0, 10, 1000, released(100));
        assertFinds(Checks.honesty(List.of(released, held(1, 105))), null);
        assertFinds(Checks.honesty(List.of(released, held(1, 106))), Rule.HONESTY, released, held(1, 106));
        Grant lost = grant(1, 0, 10, 1000, new End(End.Kind.LOST, 100, 100));
        assertFinds(Checks.honesty(List.of(lost, held(1, 101))), Rule.HONESTY, lost, held(1, 101));
    }

    @Test
    void honesty_countsRenewalsAndTheLatestSending() {
        Grant renewed = grant(1, 0, 10, 1000, null, renewal(Outcome.OK, 1000, 900));
        assertFinds(Checks.honesty(List.of(renewed, held(1, 1900))), null);
        assertFinds(Checks.honesty(List.of(renewed, held(1, 1901))), Rule.HONESTY, renewed, held(1, 1901));
        assertFinds(Checks.honesty(List.of(grant(1, 0, 5000, 1000, null), held(1, 6000))), null);
        HeldSample no = new HeldSample("c", "l", 1, Outcome.REFUSED, 9000, 9001);
        assertFinds(Checks.honesty(List.of(grant(1, 0, 10, 1000, null), no)), null);
    }
}
