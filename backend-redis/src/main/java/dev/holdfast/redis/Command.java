package dev.holdfast.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * One command of the server: its words, the key that says which server it goes to, and what may be done when its reply is lost. The
 * arrays are shared, not copied. Immutable.
 */
final class Command {
    private static final byte[] EVALSHA = ascii("EVALSHA");
    private static final byte[] EVAL = ascii("EVAL");
    private static final int SLOTLESS = -1;

    private final byte[][] words;
    private final @Nullable Script script;
    private final byte @Nullable [] key;
    private final boolean write;
    private final boolean repeatable;

    private Command(byte[][] words, @Nullable Script script, byte @Nullable [] key, boolean write, boolean repeatable) {
        this.words = words;
        this.script = script;
        this.key = key;
        this.write = write;
        this.repeatable = repeatable;
    }

    /** A command that changes nothing, so it is repeated when its reply is lost. */
    static Command read(byte @Nullable [] key, byte[]... words) {
        return new Command(words, null, key, false, true);
    }

    /** A command that changes something: when its reply is lost its outcome is unknown. */
    static Command write(byte @Nullable [] key, byte[]... words) {
        return new Command(words, null, key, true, false);
    }

    /** A script that changes something. All keys hash to the slot of the first. */
    static Command write(Script script, List<byte[]> keys, List<byte[]> arguments) {
        return script(script, keys, arguments, true);
    }

    /** A script that changes nothing, so it is repeated when its reply is lost. All keys hash to the slot of the first. */
    static Command read(Script script, List<byte[]> keys, List<byte[]> arguments) {
        return script(script, keys, arguments, false);
    }

    private static Command script(Script script, List<byte[]> keys, List<byte[]> arguments, boolean write) {
        List<byte[]> words = new ArrayList<>(3 + keys.size() + arguments.size());
        words.add(EVALSHA);
        words.add(script.sha1());
        words.add(ascii(Integer.toString(keys.size())));
        words.addAll(keys);
        words.addAll(arguments);
        return new Command(words.toArray(byte[][]::new), script, keys.get(0), write, !write);
    }

    /** The same command, which may be sent again when its reply is lost: a second execution must do no harm. */
    Command repeated() {
        return new Command(words, script, key, write, true);
    }

    /** The same command with the text of its script in it, for a server that does not know it. */
    Command withText() {
        if (script == null) {
            return this;
        }
        byte[][] longer = words.clone();
        longer[0] = EVAL;
        longer[1] = script.text();
        return new Command(longer, null, key, write, repeatable);
    }

    boolean hasScript() {
        return script != null;
    }

    byte[][] words() {
        return words;
    }

    /** The slot of its key, or a negative number if any primary will do. */
    int slot() {
        return key == null ? SLOTLESS : JedisClusterCRC16.getSlot(key);
    }

    /** Commands of one key have one affinity. */
    int affinity() {
        return Arrays.hashCode(key);
    }

    boolean isWrite() {
        return write;
    }

    boolean isRepeatable() {
        return repeatable;
    }

    /** About how many bytes it is on the wire. */
    int size() {
        int size = 16;
        for (byte[] word : words) {
            size += word.length + 16;
        }
        return size;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The name of the command or script; no keys, no values. */
    @Override
    public String toString() {
        return script != null ? "script " + script : new String(words[0], StandardCharsets.US_ASCII);
    }
}
