package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.LeaseId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store with a bug: its methods throw, before there is any call, what a test tells them to. */
final class BrokenStore extends ForwardingLockStore {
    private final Map<String, Supplier<? extends Throwable>> bugs = new HashMap<>();

    BrokenStore(LockStore next) {
        super(next);
    }

    /** Has the command throw until further notice. */
    void breaks(String command, Supplier<? extends Throwable> bug) {
        bugs.put(command, bug);
    }

    void mend(String command) {
        bugs.remove(command);
    }

    private void check(String command) {
        Supplier<? extends Throwable> bug = bugs.get(command);
        Throwable thrown = bug == null ? null : bug.get();
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException error) {
            throw error;
        }
    }

    @Override
    public Call<GrantReply> tryGrant(GrantRequest request) {
        check("tryGrant");
        return super.tryGrant(request);
    }

    @Override
    public Call<List<RenewReply>> renew(List<Renewal> renewals) {
        check("renew");
        return super.renew(renewals);
    }

    @Override
    public Call<ReleaseReply> release(Release release) {
        check("release");
        return super.release(release);
    }

    @Override
    public Call<@Nullable Void> cancel(LockName name, LeaseId leaseId) {
        check("cancel");
        return super.cancel(name, leaseId);
    }
}
