package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.FaultProxy.Direction;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int QUIET_MILLIS = 100;

    private EchoServer echo;
    private FaultProxy proxy;
    private Socket client;

    @BeforeEach
    void open() throws Exception {
        echo = new EchoServer();
        proxy = FaultProxy.to(echo.port());
        client = connect();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        proxy.close();
        echo.close();
    }

    @Test
    void healthy_passesEverythingAndCounts() throws Exception {
        send("hello");
        assertEquals("hello", receive(5));
        assertEquals(1, proxy.accepted());
        assertEquals(5, proxy.bytes(Direction.TO_SERVER));
        assertEquals(5, proxy.bytes(Direction.TO_CLIENT));
        assertEquals(5, proxy.connections().get(0).bytes(Direction.TO_CLIENT));
        assertEquals(client.getLocalPort(), proxy.connections().get(0).clientPort());

        client.shutdownOutput();
        assertEquals(-1, client.getInputStream().read());
        assertTrue(Await.within(SOON, () -> proxy.connections().isEmpty()));
        assertEquals(0, proxy.resets());
    }

    @Test
    void delay_makesRepliesLate() throws Exception {
        proxy.delay(Direction.TO_CLIENT, Duration.ofMillis(3 * QUIET_MILLIS));
        send("a");
        assertSilent();
        assertEquals("a", receive(1));
    }

    @Test
    void stall_ofRepliesLetsRequestsThroughAndDeliversAfterHealing() throws Exception {
        proxy.stall(Direction.TO_CLIENT);
        send("abc");
        assertTrue(Await.within(SOON, () -> echo.received() == 3));
        assertSilent();
        proxy.heal();
        assertEquals("abc", receive(3));
    }

    @Test
    void blackHole_answersNobodyAlsoNotTheNew() throws Exception {
        proxy.blackHole();
        try (Socket late = connect()) {
            late.getOutputStream().write('b');
            send("a");
            assertSilent();
            assertEquals(0, echo.received());
            proxy.heal();
            assertEquals("a", receive(1));
            assertEquals('b', late.getInputStream().read());
        }
    }

    @Test
    void stall_ofOneConnectionLeavesTheOthers() throws Exception {
        try (Socket other = connect()) {
            other.getOutputStream().write('x');
            assertEquals('x', other.getInputStream().read());
            ProxiedConnection mine = proxy.connections().stream()
                    .filter(connection -> connection.clientPort() == client.getLocalPort())
                    .findFirst()
                    .orElseThrow();
            mine.stall(Direction.TO_SERVER);
            send("a");
            other.getOutputStream().write('y');
            assertEquals('y', other.getInputStream().read());
            assertSilent();
            mine.heal();
            assertEquals("a", receive(1));
        }
    }

    @Test
    void cutAfter_losesTheReplyOfARequestThatWasDone() throws Exception {
        proxy.cutAfter(Direction.TO_CLIENT, 2);
        send("hello");
        assertEquals("he", receive(2));
        assertThrows(SocketException.class, () -> client.getInputStream().read());
        assertEquals(5, echo.received());
        assertEquals(1, proxy.cuts());
        assertEquals(1, proxy.resets());

        try (Socket next = connect()) {
            next.getOutputStream().write("again".getBytes(StandardCharsets.US_ASCII));
            assertArrayEquals(
                    "again".getBytes(StandardCharsets.US_ASCII),
                    next.getInputStream().readNBytes(5));
        }
    }

    @Test
    void cutAfter_cutsARequestInItsMiddle() throws Exception {
        proxy.cutAfter(Direction.TO_SERVER, 3);
        send("hello");
        assertThrows(IOException.class, () -> {
            client.getInputStream().readNBytes(3);
            client.getInputStream().read();
        });
        assertTrue(Await.within(SOON, () -> echo.received() == 3));
    }

    @Test
    void cutEachAfter_cutsOldAndNewConnectionsUntilHealed() throws Exception {
        proxy.cutEachAfter(Direction.TO_CLIENT, 2);
        send("hello");
        assertEquals("he", receive(2));
        assertThrows(SocketException.class, () -> client.getInputStream().read());
        try (Socket next = connect()) {
            next.getOutputStream().write(new byte[3]);
            assertEquals(2, next.getInputStream().readNBytes(2).length);
            assertThrows(SocketException.class, () -> next.getInputStream().read());
        }
        assertEquals(2, proxy.cuts());

        try (Socket old = connect()) {
            assertTrue(Await.within(SOON, () -> proxy.connections().size() == 1));
            proxy.heal();
            old.getOutputStream().write(new byte[3]);
            assertEquals(3, old.getInputStream().readNBytes(3).length);
        }
    }

    @Test
    void reset_isSeenAsAReset() throws Exception {
        roundTrip();
        proxy.reset();
        assertThrows(SocketException.class, () -> client.getInputStream().read());
        assertEquals(1, proxy.resets());
        assertTrue(Await.within(SOON, () -> echo.ended() == 1));
    }

    @Test
    void finish_isSeenAsAnEnd() throws Exception {
        roundTrip();
        proxy.finish();
        assertEquals(-1, client.getInputStream().read());
        assertTrue(Await.within(SOON, () -> echo.ended() == 1));
    }

    @Test
    void halfOpen_tellsTheServerOnly() throws Exception {
        roundTrip();
        proxy.halfOpen();
        assertTrue(Await.within(SOON, () -> echo.ended() == 1));
        send("into the void");
        assertSilent();
    }

    @Test
    void refuse_turnsNewConnectionsAwayUntilAllowed() throws Exception {
        roundTrip();
        proxy.refuse();
        assertThrows(ConnectException.class, this::connect);
        roundTrip();
        proxy.allow();
        connect().close();
    }

    @Test
    void aServerThatIsDown_resetsItsClients() throws Exception {
        echo.close();
        assertThrows(IOException.class, () -> {
            try (Socket socket = connect()) {
                socket.getOutputStream().write('a');
                if (socket.getInputStream().read() < 0) {
                    throw new IOException("ended");
                }
            }
        });
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout((int) SOON.toMillis());
        return socket;
    }

    private void roundTrip() throws IOException {
        send("x");
        assertEquals("x", receive(1));
    }

    private void send(String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private String receive(int count) throws IOException {
        return new String(client.getInputStream().readNBytes(count), StandardCharsets.US_ASCII);
    }

    private void assertSilent() throws IOException {
        client.setSoTimeout(QUIET_MILLIS);
        assertThrows(SocketTimeoutException.class, () -> client.getInputStream().read());
        client.setSoTimeout((int) SOON.toMillis());
    }
}
