package dev.holdfast.lock;

/** How bad this world is. All faults end with {@link #heal}. */
final class SimFaults {
    private final SimWorld world;
    private final long timeout;
    private final long slowest;
    private final double broken;
    private final double lostReplies;
    private final double lateReplies;
    private final double lostSignals;
    private final double refusals;
    private final boolean tangled;
    private boolean healed;
    private boolean down;

    SimFaults(SimWorld world) {
        this.world = world;
        this.timeout = world.between(80, 1_500) * SimWorld.MILLI;
        this.slowest = world.chance(0.3) ? 30 * SimWorld.MILLI : 2 * SimWorld.MILLI;
        double level = world.chance(0.2) ? 0 : world.random.nextDouble(0.12);
        this.broken = level / 3;
        this.lostReplies = level;
        this.lateReplies = level;
        this.lostSignals = world.chance(0.2) ? 1 : level;
        this.refusals = level / 2;
        this.tangled = level > 0 && world.chance(0.25);
    }

    /** Whether the network of this world is merely slow. */
    boolean isPeaceful() {
        return lostReplies == 0;
    }

    void heal() {
        healed = true;
        down = false;
    }

    void down(boolean isDown) {
        down = isDown && !healed;
    }

    boolean isDown() {
        return down;
    }

    long timeout() {
        return timeout;
    }

    long slowest() {
        return slowest;
    }

    private boolean happens(double probability) {
        return !healed && world.chance(probability);
    }

    boolean refuses() {
        return (down && world.chance(0.7)) || happens(refusals);
    }

    boolean breaksConnection() {
        return happens(broken);
    }

    boolean losesReply() {
        return happens(lostReplies);
    }

    boolean delaysReply() {
        return happens(lateReplies);
    }

    /** Whether what is on its way takes much longer than what is sent after it on another lane. */
    boolean tangles() {
        return tangled && happens(0.5);
    }

    boolean losesSignal() {
        return happens(lostSignals);
    }

    boolean doublesSignal() {
        return happens(0.1);
    }
}
