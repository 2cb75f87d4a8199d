/**
 * Faces for users, ports for authors of backends, and the engine between them.
 */
module dev.holdfast.spi {
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.holdfast.backend;
    exports dev.holdfast.combine;
    exports dev.holdfast.config;
    exports dev.holdfast.event;
    exports dev.holdfast.lock;
    exports dev.holdfast.spi;
    exports dev.holdfast.state;

    uses dev.holdfast.backend.BackendProvider;
    uses dev.holdfast.backend.LayerProvider;
}
