package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.params.SetParams;

class TypingOnClusterTest extends TypingContractTest {

    @Override
    Topology open() throws IOException {
        return Topology.cluster();
    }

    /** To note him and to say that he types are two steps here, and the room may be listed in between. */
    @Test
    void whoIsNotedAndDoesNotTypeYetIsNotForgotten() {
        double now = System.currentTimeMillis();
        redis.zadd(TypingCalls.index(room), now, "alice");
        redis.pexpire(TypingCalls.index(room), 60_000);
        for (int i = 0; i < 20; i++) {
            assertThat(here.list(room)).isEmpty();
        }
        redis.set(TypingCalls.key(room, "alice"), "true", SetParams.setParams().px(60_000));
        assertThat(here.list(room)).containsExactly("alice");
    }
}
