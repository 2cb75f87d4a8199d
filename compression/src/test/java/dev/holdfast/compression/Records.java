package dev.holdfast.compression;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Values as users have them, the same for the same number. */
final class Records {
    private static final String[] CITIES = {"Berlin", "Lisbon", "Nairobi", "Osaka", "Quito", "Riga", "Seoul", "Tunis"};
    private static final String[] STATES = {"open", "paid", "packed", "sent", "delivered", "returned"};

    private Records() {}

    /** A small record as JSON, of 150 to 170 bytes. */
    static byte[] json(int number) {
        Random random = new Random(number);
        return String.format(
                        "{\"order\":%d,\"customer\":\"c-%06d\",\"city\":\"%s\",\"status\":\"%s\",\"items\":%d,"
                                + "\"cents\":%d,\"express\":%b,\"note\":\"leave it with the neighbour\"}",
                        1_000_000 + number,
                        random.nextInt(1_000_000),
                        CITIES[random.nextInt(CITIES.length)],
                        STATES[random.nextInt(STATES.length)],
                        random.nextInt(1, 20),
                        random.nextInt(100_000),
                        random.nextBoolean())
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Many such records one after the other, cut to a length. */
    static byte[] text(int seed, int length) {
        byte[] text = new byte[length];
        for (int at = 0, number = seed; at < length; number++) {
            byte[] next = json(number);
            int part = Math.min(next.length, length - at);
            System.arraycopy(next, 0, text, at, part);
            at += part;
        }
        return text;
    }

    /** Bytes that no codec can shrink. */
    static byte[] noise(int seed, int length) {
        byte[] noise = new byte[length];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    static byte[] zeros(int length) {
        return new byte[length];
    }

    static byte[] with(byte[] bytes, int index, int value) {
        byte[] changed = Arrays.copyOf(bytes, bytes.length);
        changed[index] = (byte) value;
        return changed;
    }
}
