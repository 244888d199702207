package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import redis.clients.jedis.UnifiedJedis;

/** A suite over two servers, one of them in a process of its own, on one Redis or on a Cluster. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OnTwoServers {

    Topology topology;
    UnifiedJedis redis;
    TypingCalls here;
    TypingCalls there;
    String room;

    private TestServer hereServer;
    private ServerProcess thereServer;

    abstract Topology open() throws IOException;

    @BeforeAll
    void start() throws IOException {
        topology = open();
        redis = topology.client();
        hereServer = TestServer.start(topology.yaml());
        thereServer = ServerProcess.start(topology.yaml());
        Eventually.within(Duration.ofSeconds(10), () -> thereServer.log().contains("Redis answers"));
        here = new TypingCalls(hereServer.channel());
        there = new TypingCalls(thereServer.channel());
        there.list("warm"); // the first call of a process loads classes
    }

    @AfterAll
    void stop() {
        topology.assertAllExpire();
        thereServer.close();
        hereServer.close();
        topology.close();
    }

    @BeforeEach
    void freshRoom() {
        room = UniqueIds.next();
    }
}
