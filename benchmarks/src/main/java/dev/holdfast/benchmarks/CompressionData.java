package dev.holdfast.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;

/** Real data, from the repository itself: the flights of the demo, and the documents. Read from the repository's root. */
final class CompressionData {
    private static final Path FLIGHTS = Path.of("cli/src/main/resources/dev/holdfast/cli/flights.csv.gz");

    private final List<String[]> flights = new ArrayList<>();

    CompressionData() throws IOException {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(FLIGHTS)), StandardCharsets.UTF_8))) {
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                flights.add(line.split(",", -1));
            }
        }
        // Neighbours in the file share their minute; values of a store are not written in that order.
        Collections.shuffle(flights, new Random(1));
    }

    /** One flight as a record of about 200 bytes: its fields under their names, and the key by which it is found. */
    private static String record(String[] flight) {
        String origin = flight[1];
        String destination = flight[2];
        int delay = Integer.parseInt(flight[3]);
        return "{\"id\":\"" + origin + "-" + destination + "-" + flight[0] + "\",\"departed\":\"" + flight[0]
                + "\",\"origin\":\"" + origin + "\",\"destination\":\"" + destination + "\",\"delayMinutes\":" + delay
                + ",\"distanceMiles\":" + flight[4] + ",\"status\":\""
                + (delay > 15 ? "LATE" : delay < 0 ? "EARLY" : "ON_TIME") + "\",\"source\":\"BTS\"}";
    }

    /** Records of single flights, of about 200 bytes. */
    List<byte[]> small(int count) {
        return records(count, 1);
    }

    /** Records of six flights each, of about a kibibyte. */
    List<byte[]> medium(int count) {
        return records(count, 6);
    }

    private List<byte[]> records(int count, int each) {
        List<byte[]> records = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder(each == 1 ? "" : "{\"rotation\":" + i + ",\"legs\":[");
            for (int j = 0; j < each; j++) {
                text.append(j == 0 ? "" : ",").append(record(flights.get((i * each + j) % flights.size())));
            }
            records.add(text.append(each == 1 ? "" : "]}").toString().getBytes(StandardCharsets.UTF_8));
        }
        return records;
    }

    /** JSON of any length. */
    byte[] json(int length) {
        ByteBuffer json = ByteBuffer.allocate(length);
        for (int i = 0; json.hasRemaining(); i++) {
            byte[] next = (record(flights.get(i % flights.size())) + "\n").getBytes(StandardCharsets.UTF_8);
            json.put(next, 0, Math.min(next.length, json.remaining()));
        }
        return json.array();
    }

    /** Whole data sets, for the table. */
    Map<String, byte[]> sets() throws IOException {
        Map<String, byte[]> sets = new LinkedHashMap<>();
        sets.put("JSON records", json(1 << 20));
        StringBuilder csv = new StringBuilder();
        flights.stream().limit(30_000).forEach(flight -> csv.append(String.join(",", flight))
                .append('\n'));
        sets.put("CSV", csv.toString().getBytes(StandardCharsets.UTF_8));
        StringBuilder text = new StringBuilder();
        for (Path document : List.of(
                Path.of("docs/contract.md"),
                Path.of("ARCHITECTURE.md"),
                Path.of("docs/simulation.md"),
                Path.of("LICENSE"))) {
            text.append(Files.readString(document));
        }
        sets.put("English text", text.toString().getBytes(StandardCharsets.UTF_8));
        ByteBuffer floats = ByteBuffer.allocate(2 * Double.BYTES * 30_000);
        flights.stream().limit(30_000).forEach(flight -> floats.putDouble(Integer.parseInt(flight[3]) / 60.0)
                .putDouble(Integer.parseInt(flight[4]) * 1.609344));
        sets.put("binary doubles", floats.array());
        sets.put("already compressed", Arrays.copyOf(Files.readAllBytes(FLIGHTS), 1 << 20));
        return sets;
    }

    static byte[] noise(int length) {
        byte[] noise = new byte[length];
        new Random(1).nextBytes(noise);
        return noise;
    }
}
