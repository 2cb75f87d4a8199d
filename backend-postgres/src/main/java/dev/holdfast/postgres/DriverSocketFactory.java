package dev.holdfast.postgres;

import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;
import org.postgresql.Driver;

/** Makes sockets for pgjdbc, which makes their factory by its name and connects them itself. */
abstract class DriverSocketFactory extends SocketFactory {
    /** Whether the driver, which may belong to another class loader, can make one. */
    static boolean isFoundByDriver() {
        return Driver.class.getClassLoader() == DriverSocketFactory.class.getClassLoader();
    }

    @Override
    public abstract Socket createSocket();

    @Override
    public Socket createSocket(String host, int port) {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw unconnectedOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        throw unconnectedOnly();
    }

    private static UnsupportedOperationException unconnectedOnly() {
        return new UnsupportedOperationException("the driver connects its sockets itself; use createSocket()");
    }
}
