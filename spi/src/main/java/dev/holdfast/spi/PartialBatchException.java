package dev.holdfast.spi;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Some keys of a batch that is not atomic failed. Says which were applied and what happened to each of the others; only
 * {@link OutcomeUnknownException} among those leaves a doubt.
 */
public final class PartialBatchException extends BackendException {
    private final transient Set<Key> applied;
    private final transient Map<Key, RuntimeException> failed;

    /**
     * Both collections are copied.
     *
     * @param applied the keys certainly written
     * @param failed the other keys with their errors; not empty
     */
    public PartialBatchException(Set<Key> applied, Map<Key, RuntimeException> failed) {
        super(applied.size() + " keys applied, " + failed.size() + " not: " + summary(failed), first(failed));
        this.applied = Set.copyOf(applied);
        this.failed = Map.copyOf(failed);
    }

    /** The keys certainly written. */
    public Set<Key> applied() {
        return applied;
    }

    /** The keys not certainly written, each with its error. */
    public Map<Key, RuntimeException> failed() {
        return failed;
    }

    private static RuntimeException first(Map<Key, RuntimeException> failed) {
        return failed.values().iterator().next();
    }

    private static String summary(Map<Key, RuntimeException> failed) {
        String shown = failed.entrySet().stream()
                .limit(3)
                .map(one -> one.getKey() + " (" + one.getValue().getClass().getSimpleName() + ")")
                .collect(Collectors.joining(", "));
        return failed.size() > 3 ? shown + ", ..." : shown;
    }
}
