package dev.holdfast.compression;

import dev.holdfast.spi.Key;
import dev.holdfast.state.Space;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Learns which groups of keys have values that do not shrink, so that they are not tried again and again. A group is a space and the part
 * of a key before its first {@code /}, {@code :}, {@code |} or {@code #}.
 *
 * <p>Each group has a streak: values in a row that did not shrink. While it is short every value is tried; beyond {@link #PATIENCE} one in
 * 64, at random, and with each further one half as many, down to one in 4,096. One value that shrinks ends it. Groups meet in a table of
 * fixed size, so two may share a streak. Counts are written without any order between threads: a lost one is only a try more.
 */
final class KeyGroups {
    static final int PATIENCE = 8;
    private static final int FIRST_SHIFT = 6;
    private static final int LAST_SHIFT = 12;
    private static final int LONGEST = PATIENCE + LAST_SHIFT - FIRST_SHIFT;
    private static final int SLOTS = 1 << 12;
    private static final int MAX_PREFIX = 64;

    private final byte[] streaks = new byte[SLOTS];
    private boolean quiet = true;

    /** Whether every value of every group has shrunk so far, so that nobody need ask for a group. */
    boolean isQuiet() {
        return quiet;
    }

    /** The group of a key, as a slot of the table. */
    static int of(Space space, Key key) {
        int hash = space.hashCode();
        int length = Math.min(key.length(), MAX_PREFIX);
        int own = hash;
        for (int i = 0; i < length; i++) {
            byte next = key.byteAt(i);
            if (next == '/' || next == ':' || next == '|' || next == '#') {
                hash = own;
                break;
            }
            own = 31 * own + next;
        }
        return (hash ^ hash >>> 12 ^ hash >>> 24) & (SLOTS - 1);
    }

    /** Whether the next value of the group is to be tried. */
    boolean isWorthATry(int group) {
        int streak = streaks[group];
        return streak < PATIENCE
                || ThreadLocalRandom.current().nextInt() << (32 - FIRST_SHIFT - (streak - PATIENCE)) == 0;
    }

    void shrank(int group) {
        if (streaks[group] != 0) {
            streaks[group] = 0;
        }
    }

    void stayed(int group) {
        quiet = false;
        if (streaks[group] < LONGEST) {
            streaks[group]++;
        }
    }
}
