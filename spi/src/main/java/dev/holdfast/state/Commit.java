package dev.holdfast.state;

import dev.holdfast.spi.Version;
import java.util.List;

/**
 * An atomic change of one scope, as a store gets it.
 *
 * @param fence the fence the scope's mark must equal, or {@link #UNFENCED} if the scope must have no mark
 * @param after the commit number the mark must stand at, or {@link #ANYWHERE}; only with a fence
 * @param id the writer's id of this commit; a commit whose id the mark holds as last was applied already, and is answered so
 * @param drop whether all entries go first
 * @param mutations applied in order, all or none; no key twice
 */
public record Commit(long fence, long after, Version id, boolean drop, List<Mutation> mutations) {
    /** For a scope without a mark. */
    public static final long UNFENCED = 0;

    /** At whatever commit number the mark stands. */
    public static final long ANYWHERE = -1;

    public Commit {
        mutations = List.copyOf(mutations);
        if (fence == UNFENCED && after != ANYWHERE) {
            throw new IllegalArgumentException("a commit number goes with a fence");
        }
    }

    /** The same commit with other mutations; for layers. */
    public Commit with(List<Mutation> others) {
        return new Commit(fence, after, id, drop, others);
    }
}
