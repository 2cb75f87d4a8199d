package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {

    @Test
    void free_givesNoPortTwiceNorOneThatIsTheBusOfAnother() {
        Set<Integer> all = new HashSet<>();
        Set<Integer> ports = new HashSet<>();
        try {
            for (int i = 0; i < 500; i++) {
                int port = Ports.free();
                ports.add(port);
                assertTrue(all.add(port), () -> port + " twice");
                assertTrue(all.add(port + Ports.BUS_OFFSET), () -> port + " has the bus of another");
                assertTrue(port + Ports.BUS_OFFSET < 32_768);
            }
            assertEquals(500, ports.size());
        } finally {
            ports.forEach(Ports::release);
        }
    }
}
