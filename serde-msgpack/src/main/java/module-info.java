/** State with types, and MessagePack for it. */
module dev.holdfast.serde {
    requires transitive dev.holdfast.spi;
    requires static org.jspecify;

    exports dev.holdfast.serde;
    exports dev.holdfast.serde.msgpack;
}
