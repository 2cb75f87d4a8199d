package dev.holdfast.redis;

import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/** Which servers are primaries of what. Looking at it never blocks; learning does. Safe for use by many threads. */
interface Topology {

    /** The primary of a slot, or any primary for a negative slot; null while none is known. */
    @Nullable
    Node node(int slot);

    /** The primary that has a command's key, or any primary if it has none; null while none is known. */
    default @Nullable Node node(Command command) {
        return node(isCluster() ? command.slot() : -1);
    }

    /** All primaries known. */
    List<Node> primaries();

    /** The server at an address that another one named. */
    Node at(HostAndPort address);

    /** Takes a server's word that another one has a slot. */
    void moved(int slot, Node to);

    /** Learns anew from the servers, and answers whether anything changed. Blocks; by one thread at a time. */
    boolean learn();

    boolean isCluster();

    /** Closes every server. */
    void close();
}
