package dev.holdfast.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** The demo's input: real flights in the order of their file, see {@code DATA.md}. Immutable. */
final class Flights {
    private static final String FILE = "flights.csv.gz";
    private static final String HEADER = "departed,origin,destination,delay,distance";

    private final List<Flight> records;

    private Flights(List<Flight> records) {
        this.records = List.copyOf(records);
    }

    /** The file that comes with the command. */
    static Flights load() {
        InputStream file = Objects.requireNonNull(Flights.class.getResourceAsStream(FILE), FILE);
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(file), StandardCharsets.UTF_8))) {
            return parse(lines);
        } catch (IOException damaged) {
            throw new UncheckedIOException(FILE + " cannot be read", damaged);
        }
    }

    /** Throws {@link IllegalArgumentException} naming the line that is not a flight. */
    static Flights parse(BufferedReader lines) throws IOException {
        if (!HEADER.equals(lines.readLine())) {
            throw new IllegalArgumentException("line 1 must be \"" + HEADER + "\"");
        }
        List<Flight> records = new ArrayList<>();
        // A few hundred airports are named hundreds of thousands of times.
        Map<String, String> airports = new HashMap<>();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] fields = line.split(",", -1);
            try {
                if (fields.length != 5 || fields[1].isEmpty()) {
                    throw new IllegalArgumentException("there must be five fields and an origin");
                }
                String origin = airports.computeIfAbsent(fields[1], name -> name);
                records.add(new Flight(origin, Integer.parseInt(fields[3]), Integer.parseInt(fields[4])));
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(
                        "line " + (records.size() + 2) + " is no flight: \"" + line + "\"", wrong);
            }
        }
        return new Flights(records);
    }

    int size() {
        return records.size();
    }

    /** The first records only; all of them if there are no more. */
    Flights first(int count) {
        return new Flights(records.subList(0, Math.min(count, records.size())));
    }

    /** The records by partition, each in order; an airport's records are all in one. */
    List<Partition> partitions(int count) {
        List<List<Flight>> split = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            split.add(new ArrayList<>());
        }
        records.forEach(flight ->
                split.get(Math.floorMod(flight.origin().hashCode(), count)).add(flight));
        List<Partition> partitions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            partitions.add(new Partition(i, split.get(i)));
        }
        return List.copyOf(partitions);
    }

    /** What a single reader counts who is never disturbed: the truth that a run is measured by. */
    Map<String, Totals> totals() {
        Map<String, Totals> totals = new HashMap<>();
        records.forEach(flight -> totals.merge(flight.origin(), Totals.of(flight), Totals::plus));
        return totals;
    }
}
