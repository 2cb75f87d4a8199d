/** The reference backend: state, locks and events in this JVM. */
module dev.holdfast.memory {
    requires transitive dev.holdfast.spi;
    requires static org.jspecify;

    exports dev.holdfast.memory;

    provides dev.holdfast.backend.BackendProvider with
            dev.holdfast.memory.MemoryBackendProvider;
}
