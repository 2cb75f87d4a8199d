package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.servers.Until;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchedSocketTest {
    private static final int PATIENCE_MILLIS = 60_000;

    private final Random random = new Random(20261122);
    private final Semaphore news = new Semaphore(0);
    private final WatchedSocket socket = new WatchedSocket();
    private Socket peer;
    private Thread watcher;

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            socket.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
            peer = server.accept();
        }
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.watch(news::release);
        String name = "holdfast-postgres-watch-" + socket.getLocalPort();
        watcher = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .findAny()
                .orElseThrow();
    }

    @AfterEach
    void close() throws Exception {
        socket.close();
        peer.close();
        watcher.join(PATIENCE_MILLIS);
        assertFalse(watcher.isAlive());
        assertEquals(0, news.availablePermits(), "what was asked for, and one's own end, is no news");
    }

    private boolean isWatched() {
        return Arrays.stream(watcher.getStackTrace())
                .anyMatch(frame -> frame.getClassName().startsWith("java.net.Socket$"));
    }

    private void assertNews() throws InterruptedException {
        assertTrue(news.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
    }

    private byte[] said(int length) throws IOException {
        byte[] words = new byte[length];
        random.nextBytes(words);
        peer.getOutputStream().write(words);
        return words;
    }

    @Test
    void whatComesWhileNobodyReads_isNewsAndTheNextRead() throws Exception {
        byte[] words = said(6);
        assertNews();
        assertEquals(6, socket.getInputStream().available());
        assertEquals(words[0] & 0xff, socket.getInputStream().read());
        assertArrayEquals(
                Arrays.copyOfRange(words, 1, 6), socket.getInputStream().readNBytes(5));
    }

    @Test
    void end_isNews() throws Exception {
        peer.close();
        assertNews();
        assertEquals(-1, socket.getInputStream().read());
        assertEquals(-1, socket.getInputStream().read());
    }

    @Test
    void reset_isNews() throws Exception {
        peer.setSoLinger(true, 0);
        peer.close();
        assertNews();
        assertThrows(SocketException.class, socket.getInputStream()::read);
    }

    @Test
    void endBehindUnreadWords_comesAfterThem() throws Exception {
        byte[] words = said(6);
        assertNews();
        peer.close();
        assertArrayEquals(words, socket.getInputStream().readAllBytes());
    }

    @Test
    void endByOneself_isNoNews() throws Exception {
        Until.eventually(this::isWatched);
        socket.close();
    }

    /** More than is read ahead, so that its reader gets one part from the thread that watches and one from the socket. */
    @Test
    void answers_areReadWholeAndAreNoNews() throws Exception {
        for (int i = 0; i < 5; i++) {
            Until.eventually(this::isWatched);
            socket.getOutputStream().write('?');
            assertEquals('?', peer.getInputStream().read());
            byte[] words = said(1 + random.nextInt(20_000));
            assertArrayEquals(words, socket.getInputStream().readNBytes(words.length));
        }
    }

    @Test
    void answer_thatIsThereBeforeItsReaderIsNoNews() throws Exception {
        Until.eventually(this::isWatched);
        socket.getOutputStream().write(new byte[] {'?'});
        byte[] words = said(6);
        Until.eventually(() -> socket.getInputStream().available() == 6 && !isWatched());
        assertArrayEquals(words, socket.getInputStream().readNBytes(6));
    }

    @Test
    void timeout_isThatOfTheReader() throws Exception {
        Until.eventually(this::isWatched);
        socket.getOutputStream().write('?');
        socket.setSoTimeout(1);
        assertThrows(SocketTimeoutException.class, socket.getInputStream()::read);
        socket.setSoTimeout(PATIENCE_MILLIS);
        byte[] words = said(6);
        assertArrayEquals(words, socket.getInputStream().readNBytes(6));
    }

    @Test
    void interrupt_endsNoReadAndIsKept() throws Exception {
        Until.eventually(this::isWatched);
        socket.getOutputStream().write('?');
        Thread reader = Thread.currentThread();
        Thread speaker = whenItWaits(reader, () -> {
            reader.interrupt();
            said(1);
        });
        assertTrue(socket.getInputStream().read() >= 0);
        assertTrue(Thread.interrupted());
        speaker.join();
    }

    @Test
    void close_endsAReadThatWaits() throws Exception {
        Until.eventually(this::isWatched);
        Thread closer = whenItWaits(Thread.currentThread(), socket::close);
        assertThrows(SocketException.class, socket.getInputStream()::read);
        closer.join();
    }

    @Test
    void watcherWithoutMemory_leavesReadingToTheUser() throws Exception {
        Process without = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:MaxDirectMemorySize=200k",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WithoutMemory.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(without.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, without.waitFor(), said);
        assertTrue(said.contains("direct buffer memory"), said);
    }

    /** A process in which nobody but the main thread, which has its buffer, can read. */
    static final class WithoutMemory {
        public static void main(String[] arguments) throws Exception {
            WatchedSocketTest test = new WatchedSocketTest();
            try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                test.socket.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
                test.peer = server.accept();
            }
            test.socket.setSoTimeout(PATIENCE_MILLIS);
            byte[] buffer = new byte[1 << 13];
            test.said(1);
            assertEquals(1, test.socket.getInputStream().read(buffer));
            List<ByteBuffer> all = new ArrayList<>();
            assertThrows(OutOfMemoryError.class, () -> {
                while (true) {
                    all.add(ByteBuffer.allocateDirect(1 << 10));
                }
            });
            Semaphore ended = new Semaphore(0);
            Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
                System.out.println(error.getMessage());
                ended.release();
            });
            test.socket.watch(test.news::release);
            ended.acquire();
            test.said(6);
            assertEquals(6, test.socket.getInputStream().read(buffer));
            assertFalse(all.isEmpty(), "what is not kept is memory again");
            System.exit(0);
        }
    }

    private interface Deed {
        void run() throws Exception;
    }

    private static Thread whenItWaits(Thread reader, Deed deed) {
        Thread doer = new Thread(() -> {
            try {
                Until.eventually(() -> reader.getState() == Thread.State.TIMED_WAITING);
                deed.run();
            } catch (Exception failed) {
                throw new AssertionError(failed);
            }
        });
        doer.start();
        return doer;
    }
}
