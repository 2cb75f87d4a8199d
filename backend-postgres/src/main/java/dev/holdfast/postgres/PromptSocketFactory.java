package dev.holdfast.postgres;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.function.IntSupplier;
import org.postgresql.PGConnection;

/**
 * Makes the socket of the connection that listens. Public because pgjdbc makes it by its name; for nobody else.
 *
 * <p>After each notification the driver looks whether another one follows, by a read with a timeout of a millisecond, and
 * {@link PGConnection#getNotifications(int)} returns only when a look has found nothing. So where one comes in every millisecond none is
 * handed out: they pile up until the stream pauses. On these sockets a look at nothing ends at once.
 */
public final class PromptSocketFactory extends DriverSocketFactory {
    /** The driver's timeout for a look; nothing else is read with so short a one. */
    private static final int LOOK_MILLIS = 1;

    /** For the driver. */
    public PromptSocketFactory() {}

    @Override
    public Socket createSocket() {
        return new PromptSocket();
    }

    private static final class PromptSocket extends Socket {
        private volatile int timeoutMillis;

        @Override
        public synchronized void setSoTimeout(int timeout) throws SocketException {
            super.setSoTimeout(timeout);
            timeoutMillis = timeout;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return prompt(super.getInputStream(), () -> timeoutMillis);
        }
    }

    /** What comes in, or at once a timeout for who would only look for a moment when there is nothing. */
    static InputStream prompt(InputStream in, IntSupplier timeoutMillis) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                look();
                return in.read();
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                look();
                return in.read(bytes, offset, length);
            }

            private void look() throws IOException {
                if (timeoutMillis.getAsInt() == LOOK_MILLIS && in.available() == 0) {
                    throw new SocketTimeoutException("nothing is there");
                }
            }
        };
    }
}
