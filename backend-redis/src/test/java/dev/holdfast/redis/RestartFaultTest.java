package dev.holdfast.redis;

import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One server that is killed, frozen or made to forget, while clients work. */
class RestartFaultTest {
    private static final int CLIENTS = 8;

    /** The smoke test of the ordinary build: few clients, one kill. */
    @Test
    void kill_losesNothingThatWasAcknowledged() throws Exception {
        killAndRestart("7.0", 3, 1);
    }

    @Tag("faults")
    @ParameterizedTest
    @ValueSource(strings = {"7.0", "6.2"})
    void kill_againAndAgainLosesNothingThatWasAcknowledged(String version) throws Exception {
        killAndRestart(version, CLIENTS, 5);
    }

    private static void killAndRestart(String version, int count, int kills) throws Exception {
        RedisOptions options = RedisOptions.defaults().version(version).durable();
        try (RedisServer server = RedisServer.start(options);
                FaultClients clients = new FaultClients(server.url(), count)) {
            for (int i = 0; i < kills; i++) {
                clients.awaitRounds(20);
                server.kill();
                server.restart();
            }
            clients.awaitRounds(20);
            clients.stop();
            clients.judgeFences();
            clients.judgeExclusion();
            clients.judgeState();
            FaultReport.say(kills + " kills, Redis " + version, clients);
        }
    }

    @Tag("faults")
    @Test
    void kill_ofAServerThatKeepsNothingLeavesFencesRising() throws Exception {
        try (RedisServer server = RedisServer.start();
                FaultClients clients = new FaultClients(server.url(), CLIENTS)) {
            for (int i = 0; i < 3; i++) {
                clients.awaitRounds(20);
                server.kill();
                server.restart();
            }
            clients.awaitRounds(20);
            clients.stop();
            clients.judgeFences();
            FaultReport.say("3 kills of a server without persistence", clients);
        }
    }

    @Tag("faults")
    @Test
    void flushAll_leavesFencesRising() throws Exception {
        try (RedisServer server = RedisServer.start();
                FaultClients clients = new FaultClients(server.url(), CLIENTS)) {
            for (int i = 0; i < 5; i++) {
                clients.awaitRounds(20);
                server.call("FLUSHALL");
            }
            clients.awaitRounds(20);
            clients.stop();
            clients.judgeFences();
            FaultReport.say("5 FLUSHALL", clients);
        }
    }

    @Tag("faults")
    @Test
    void scriptFlush_isNotFelt() throws Exception {
        try (RedisServer server = RedisServer.start();
                FaultClients clients = new FaultClients(server.url(), CLIENTS)) {
            for (int i = 0; i < 20; i++) {
                clients.awaitRounds(3);
                server.call("SCRIPT", "FLUSH");
            }
            clients.awaitRounds(20);
            clients.stop();
            clients.judgeFences();
            clients.judgeExclusion();
            clients.judgeState();
            clients.requireNoErrors();
            FaultReport.say("20 SCRIPT FLUSH", clients);
        }
    }

    @Tag("faults")
    @Test
    void pause_endsInErrorsAndThenInService() throws Exception {
        try (RedisServer server = RedisServer.start();
                FaultClients clients = new FaultClients(server.url() + "?commandTimeout=500ms", CLIENTS)) {
            for (int i = 0; i < 3; i++) {
                clients.awaitRounds(20);
                server.pause();
                clients.awaitErrors(CLIENTS);
                server.resume();
            }
            clients.awaitRounds(20);
            clients.stop();
            clients.judgeFences();
            clients.judgeExclusion();
            clients.judgeState();
            FaultReport.say("3 freezes of a server", clients);
        }
    }

    @Tag("faults")
    @Test
    void resets_ofAllConnectionsLoseNothing() throws Exception {
        try (RedisServer server = RedisServer.start(RedisOptions.defaults().proxies());
                FaultClients clients = new FaultClients(server.url(), CLIENTS)) {
            for (int i = 0; i < 20; i++) {
                clients.awaitRounds(5);
                server.proxy().reset();
            }
            clients.awaitRounds(20);
            clients.stop();
            clients.judgeFences();
            clients.judgeExclusion();
            clients.judgeState();
            FaultReport.say(server.proxy().resets() + " reset connections", clients);
        }
    }
}
