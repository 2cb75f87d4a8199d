package dev.holdfast.history;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An attempt to acquire a lock that was begun and waits to be told its outcome, and then the life of the grant. */
public final class GrantCall extends Pending {

    private final String name;
    private final String lock;
    private final List<Renewal> renewals = new ArrayList<>();
    private Outcome outcome = Outcome.UNKNOWN;
    private long fence;
    private long leaseNanos;
    private @Nullable Long sent;
    private long ret = Long.MAX_VALUE;
    private Grant.End.@Nullable Kind endKind;
    private long endCall;
    private long endRet = Long.MAX_VALUE;

    GrantCall(ClientRecorder client, String name, String lock) {
        super(client);
        this.name = name;
        this.lock = lock;
    }

    /** Says that a request leaves now. Worth saying for an acquire that waits; the last one said before the grant counts. */
    public synchronized void sent() {
        sent = client.stamp();
    }

    /** It was granted; stamps the return. */
    public synchronized void granted(long fence, long leaseNanos) {
        tell(Outcome.OK);
        this.fence = fence;
        this.leaseNanos = leaseNanos;
    }

    /** It was not granted, or not in time; stamps the return. */
    public synchronized void refused() {
        tell(Outcome.REFUSED);
    }

    /** It was certainly not granted, for another reason; stamps the return. */
    public synchronized void failed() {
        tell(Outcome.FAILED);
    }

    /** It may have been granted, but the client claims nothing. */
    public synchronized void unknown() {
        tell(Outcome.UNKNOWN);
    }

    /** Calls for a renewal of the grant. */
    public synchronized Renewal renew(long leaseNanos) {
        Renewal renewal = new Renewal(leaseNanos, client.stamp());
        renewals.add(renewal);
        return renewal;
    }

    /** Calls for the release: from now on the client claims nothing. Told after it was lost, it changes nothing. */
    public synchronized void releasing() {
        if (endKind == null) {
            end(Grant.End.Kind.RELEASED);
        }
    }

    /** The release returned, whatever it answered. Need not be told. */
    public synchronized void released() {
        if (endKind == Grant.End.Kind.RELEASED) {
            endRet = client.stamp();
        }
    }

    /** The client knows that the grant is lost. Told after it was released, or twice, it changes nothing. */
    public synchronized void lost() {
        if (endKind == null) {
            end(Grant.End.Kind.LOST);
            endRet = endCall;
        }
    }

    private void end(Grant.End.Kind kind) {
        endKind = kind;
        endCall = client.stamp();
    }

    private void tell(Outcome told) {
        if (ret != Long.MAX_VALUE) {
            throw new IllegalStateException("told twice: " + event() + ", then " + told);
        }
        ret = client.stamp();
        outcome = told;
    }

    @Override
    synchronized Event event() {
        List<Grant.Renewal> renewed = renewals.stream().map(Renewal::toRecord).toList();
        Grant.End end = endKind == null ? null : new Grant.End(endKind, endCall, endRet);
        return new Grant(name, lock, outcome, fence, leaseNanos, sent, renewed, end, call, ret);
    }

    /** A renewal that was begun and waits to be told its outcome. Never told, it counts as unknown. */
    public final class Renewal {

        private final long leaseNanos;
        private final long call;
        private Outcome outcome = Outcome.UNKNOWN;
        private long ret = Long.MAX_VALUE;

        private Renewal(long leaseNanos, long call) {
            this.leaseNanos = leaseNanos;
            this.call = call;
        }

        /** Tells the outcome, and stamps the return. */
        public void tell(Outcome told) {
            synchronized (GrantCall.this) {
                ret = client.stamp();
                outcome = told;
            }
        }

        private Grant.Renewal toRecord() {
            return new Grant.Renewal(leaseNanos, outcome, call, ret);
        }
    }
}
