package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlightsTest {
    private static final String HEADER = "departed,origin,destination,delay,distance\n";

    /** The figures of DATA.md, which were counted from the file by other means. */
    @Test
    void load_readsTheFileThatDataMdDescribes() {
        Flights flights = Flights.load();
        Map<String, Totals> totals = flights.totals();
        assertEquals(228_738, flights.size());
        assertEquals(223, totals.size());
        assertEquals(12_498, totals.get("ORD").flights());
        assertEquals(11, totals.get("SCC").flights());
        Totals all = totals.values().stream().reduce(Totals::plus).orElseThrow();
        assertEquals(new Totals(228_738, all.delayed(), 1_866_412, 1_575, 167_083_695), all);
    }

    @Test
    void parse_countsAnAirport() throws IOException {
        Flights flights = parse(HEADER
                + "2001-01-01T00:01,LAS,PHL,15,2176\n"
                + "2001-01-01T00:02,LAS,ATL,14,1747\n"
                + "2001-01-01T00:03,LAS,ATL,-7,1747\n");
        assertEquals(Map.of("LAS", new Totals(3, 1, 22, 15, 5_670)), flights.totals());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2001-01-01T00:01,LAS,PHL,33",
                "2001-01-01T00:01,LAS,PHL,33,2176,",
                "2001-01-01T00:01,,PHL,33,2176",
                "2001-01-01T00:01,LAS,PHL,late,2176",
                ""
            })
    void parse_namesTheLineThatIsNoFlight(String line) {
        String text = HEADER + "2001-01-01T00:01,LAS,PHL,15,2176\n" + line + "\n";
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, () -> parse(text));
        assertEquals("line 3 is no flight: \"" + line + "\"", refusal.getMessage());
    }

    @Test
    void parse_refusesAnotherHeader() {
        assertThrows(IllegalArgumentException.class, () -> parse("origin,delay\n"));
    }

    @Test
    void partitions_keepEachAirportTogetherAndInOrder() {
        Flights flights = Flights.load().first(5_000);
        List<Partition> partitions = flights.partitions(7);
        Map<String, Integer> homes = new HashMap<>();
        int records = 0;
        for (Partition partition : partitions) {
            for (Flight flight : partition.records()) {
                assertEquals(partition.number(), homes.computeIfAbsent(flight.origin(), first -> partition.number()));
            }
            records += partition.end();
        }
        assertEquals(5_000, records);
        assertTrue(partitions.stream().allMatch(partition -> partition.end() > 0));
    }

    private static Flights parse(String text) throws IOException {
        return Flights.parse(new BufferedReader(new StringReader(text)));
    }
}
