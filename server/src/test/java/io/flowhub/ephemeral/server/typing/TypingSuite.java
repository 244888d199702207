package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;

/** Typing on two servers. */
abstract class TypingSuite extends TwoServersSuite {

    TypingCalls here;
    TypingCalls there;
    String room;

    @BeforeParameterizedClassInvocation
    void connect() {
        here = new TypingCalls(servers.first());
        there = new TypingCalls(servers.second());
        here.list("warm"); // the first call of a process loads classes
        there.list("warm");
    }

    @BeforeEach
    void newRoom() {
        room = UniqueIds.next();
    }
}
