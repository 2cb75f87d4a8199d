package dev.holdfast.serde;

class TypedStateTest extends TypedStateCase {
    @Override
    String url() {
        return "memory:typed";
    }
}
