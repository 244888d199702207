package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;

/** Presence on two servers, with a TTL of two seconds. */
abstract class PresenceSuite extends TwoServersSuite {

    static final long TTL_MILLIS = 2_000;
    static final Duration SOON = WatchPresenceReader.SOON;

    PresenceCalls first;
    PresenceCalls second;
    String user;

    PresenceSuite() {
        super("presence.ttl: " + TTL_MILLIS + "ms");
    }

    @BeforeParameterizedClassInvocation
    void connect() {
        first = new PresenceCalls(servers.first());
        second = new PresenceCalls(servers.second());
    }

    @BeforeEach
    void newUser() {
        user = UniqueIds.next();
    }

    /** The two servers in turn. */
    PresenceCalls server(int i) {
        return i % 2 == 0 ? first : second;
    }
}
