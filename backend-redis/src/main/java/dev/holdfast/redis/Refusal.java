package dev.holdfast.redis;

import dev.holdfast.spi.BackendRejectedException;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisMovedDataException;

/** What an error reply of the server means for the command, which was not executed. */
enum Refusal {
    /** Another server has the slot. */
    MOVED,
    /** Another server has this key already, though not yet the slot. */
    ASK,
    /** The server does not know the script. */
    NO_SCRIPT,
    /** This server is a primary no more, or not yet. */
    NO_PRIMARY,
    /** The server or the cluster is not ready. */
    NOT_READY,
    /** Repeating it would not help. */
    FINAL;

    private static final String ARGUMENTS = ", with args beginning with:";

    /** Jedis has classes for some of these only; the first word of the message tells them all. */
    static Refusal of(JedisDataException error) {
        if (error instanceof JedisMovedDataException) {
            return MOVED;
        }
        if (error instanceof JedisAskDataException) {
            return ASK;
        }
        String words = words(error);
        int space = words.indexOf(' ');
        return switch (space < 0 ? words : words.substring(0, space)) {
            case "MOVED" -> MOVED;
            case "ASK" -> ASK;
            case "NOSCRIPT" -> NO_SCRIPT;
            case "READONLY", "MASTERDOWN" -> NO_PRIMARY;
            case "LOADING", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "BUSY" -> NOT_READY;
            case "ERR" -> words.startsWith("ERR max number of clients") ? NOT_READY : inScript(words);
            default -> FINAL;
        };
    }

    /**
     * Before Redis 7.0 the error of a command in a script stands behind the script's name. What is looked for here meets the first write
     * of a script, so that nothing of it was done.
     */
    private static Refusal inScript(String words) {
        if (!words.startsWith("ERR Error running script")) {
            return FINAL;
        }
        return words.contains(": -READONLY ") ? NO_PRIMARY : words.contains(": -NOREPLICAS ") ? NOT_READY : FINAL;
    }

    /** Whether it may be over soon. */
    boolean isPassing() {
        return this == NO_PRIMARY || this == NOT_READY;
    }

    /** Whether a server refused because it belongs to no cluster. */
    static boolean isNoCluster(BackendRejectedException error) {
        return error.getCause() instanceof JedisDataException refused
                && words(refused).contains("cluster support disabled");
    }

    /** The same error without the keys and values that a server repeats of a command that it does not know. */
    static JedisDataException discreet(JedisDataException error) {
        String message = words(error);
        int arguments = message.indexOf(ARGUMENTS);
        return arguments < 0 ? error : new JedisDataException(message.substring(0, arguments));
    }

    static String words(JedisDataException error) {
        String message = error.getMessage();
        return message == null ? "" : message;
    }
}
