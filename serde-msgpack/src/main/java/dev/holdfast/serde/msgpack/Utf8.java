package dev.holdfast.serde.msgpack;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text and its bytes, exactly: what has no UTF-8 form, or is none, is a {@link Fault}. The JDK's quick ways put in another character. */
final class Utf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    static byte[] encode(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        // Half a surrogate pair became a '?', so only where one is can one have been.
        for (byte unit : utf8) {
            if (unit == '?') {
                return text.equals(new String(utf8, StandardCharsets.UTF_8)) ? utf8 : refuse();
            }
        }
        return utf8;
    }

    private static byte[] refuse() {
        throw new Fault("contains half of a surrogate pair, which has no UTF-8 form; store bytes instead");
    }

    static String decode(byte[] bytes, int from, int length) {
        String text = new String(bytes, from, length, StandardCharsets.UTF_8);
        // A malformed byte became this character, which may also have been there.
        if (text.indexOf(REPLACEMENT) >= 0) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
            } catch (CharacterCodingException e) {
                throw new Fault("is text that is not UTF-8");
            }
        }
        return text;
    }
}
