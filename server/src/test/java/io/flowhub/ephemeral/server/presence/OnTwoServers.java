package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** A suite over two servers in processes of their own, on which a user is online for two seconds after a heartbeat. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OnTwoServers {

    static final long TTL_MILLIS = 2_000;
    static final Duration SOON = Duration.ofSeconds(20);

    Topology topology;
    PresenceCalls first;
    PresenceCalls second;
    String user;

    private ServerProcess firstServer;
    private ServerProcess secondServer;

    abstract Topology open() throws IOException;

    @BeforeAll
    void start() throws IOException {
        topology = open();
        String settings = topology.yaml() + "\npresence.ttl: " + TTL_MILLIS + "ms";
        firstServer = ServerProcess.start(settings);
        secondServer = ServerProcess.start(settings);
        first = new PresenceCalls(firstServer.channel());
        second = new PresenceCalls(secondServer.channel());
        for (ServerProcess server : List.of(firstServer, secondServer)) { // on a busy machine Redis may answer late
            Eventually.within(SOON, () -> server.log().contains("Redis answers"));
        }
    }

    @AfterAll
    void stop() {
        firstServer.close();
        secondServer.close();
        topology.assertAllExpire();
        topology.close();
    }

    @BeforeEach
    void freshUser() {
        user = UniqueIds.next();
    }

    /** One of the two servers, in turn. */
    PresenceCalls server(int i) {
        return i % 2 == 0 ? first : second;
    }
}
