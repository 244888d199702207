package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.CallRecorder;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.grpc.Status;
import io.grpc.Status.Code;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** Gives each test a server on loopback, and a client with long limits. */
@Tag("contract")
@Timeout(60)
abstract class WithFakeServer {

    static final String JSON = "{\"name\":\"Ann\"}";

    final CallRecorder callbacks = new CallRecorder();
    FakeServer server = FakeServer.start();
    final EphemeralClient client = FakeServer.patientClient(server.target()).build();

    static void assertFails(Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                .isEqualTo(code);
    }

    /** The server first: the client waits for responses when it closes. */
    @AfterEach
    void stop() {
        callbacks.hangs.countDown();
        server.close();
        client.close();
    }
}
