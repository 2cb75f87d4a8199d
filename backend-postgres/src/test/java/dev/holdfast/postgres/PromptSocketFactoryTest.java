package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;

class PromptSocketFactoryTest {
    /** Says whether anything is there, and counts those who read all the same. */
    private static final class Source extends InputStream {
        int available;
        int reads;

        @Override
        public int available() {
            return available;
        }

        @Override
        public int read() {
            reads++;
            return 7;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            bytes[offset] = (byte) read();
            return 1;
        }
    }

    private final Source source = new Source();

    @Test
    void look_endsAtOnceWhereNothingIs() {
        InputStream prompt = PromptSocketFactory.prompt(source, () -> 1);
        assertThrows(SocketTimeoutException.class, prompt::read);
        assertThrows(SocketTimeoutException.class, () -> prompt.read(new byte[8], 0, 8));
        assertEquals(0, source.reads);
    }

    @Test
    void look_readsWhatIsThere() throws IOException {
        source.available = 1;
        assertEquals(7, PromptSocketFactory.prompt(source, () -> 1).read());
    }

    @Test
    void wait_isForWhatWillCome() throws IOException {
        assertEquals(7, PromptSocketFactory.prompt(source, () -> 5_000).read());
        assertEquals(7, PromptSocketFactory.prompt(source, () -> 0).read());
    }

    @Test
    void sockets_connectAndKeepTheirTimeout() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new PromptSocketFactory().createSocket()) {
            socket.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
            try (Socket peer = server.accept()) {
                socket.setSoTimeout(1);
                assertEquals(1, socket.getSoTimeout());
                assertThrows(SocketTimeoutException.class, socket.getInputStream()::read);
                peer.getOutputStream().write(9);
                socket.setSoTimeout(0);
                assertEquals(9, socket.getInputStream().read());
            }
        }
        assertTrue(PromptSocketFactory.isFoundByDriver());
    }
}
