package dev.holdfast.benchmarks;

/** Looks into a server from beside the contenders. */
interface Meter extends AutoCloseable {
    /** A store in this JVM has no server. */
    Meter NONE = new Meter() {
        @Override
        public double cpuSeconds() {
            return Double.NaN;
        }

        @Override
        public Count count() {
            return () -> -1;
        }

        @Override
        public void close() {}
    };

    /** Counts what clients ask for from its making to its end. */
    interface Count {
        /** How many commands or statements it was; -1 if that cannot be known. */
        long end() throws Exception;
    }

    /** Processor time of the server's processes until now; NaN if that cannot be known. */
    double cpuSeconds() throws Exception;

    Count count() throws Exception;

    @Override
    void close();
}
