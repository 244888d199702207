package io.flowhub.ephemeral.server.session;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.ClearSessionFlagRequest;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagResponse;
import io.flowhub.ephemeral.v1.GetSessionFlagRequest;
import io.flowhub.ephemeral.v1.GetSessionFlagResponse;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagResponse;
import io.grpc.Channel;
import java.util.concurrent.TimeUnit;

/** Calls of the session service, each with a deadline. */
record SessionFlagCalls(SessionServiceBlockingStub stub) {

    static SessionFlagCalls on(Channel channel) {
        return new SessionFlagCalls(SessionServiceGrpc.newBlockingStub(channel));
    }

    private SessionServiceBlockingStub calls() {
        return stub.withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    SetSessionFlagResponse set(String user, String flag, String value) {
        return calls().setSessionFlag(SetSessionFlagRequest.newBuilder()
                .setUserId(user)
                .setFlag(flag)
                .setValue(value)
                .build());
    }

    SetSessionFlagResponse set(String user, String flag, String value, long seconds, int nanos) {
        return calls().setSessionFlag(SetSessionFlagRequest.newBuilder()
                .setUserId(user)
                .setFlag(flag)
                .setValue(value)
                .setTtl(Duration.newBuilder().setSeconds(seconds).setNanos(nanos))
                .build());
    }

    GetSessionFlagResponse get(String user, String flag) {
        return calls().getSessionFlag(GetSessionFlagRequest.newBuilder()
                .setUserId(user)
                .setFlag(flag)
                .build());
    }

    ConsumeSessionFlagResponse consume(String user, String flag) {
        return calls().consumeSessionFlag(ConsumeSessionFlagRequest.newBuilder()
                .setUserId(user)
                .setFlag(flag)
                .build());
    }

    ConsumeSessionFlagResponse consume(String user, String flag, String expected) {
        return calls().consumeSessionFlag(ConsumeSessionFlagRequest.newBuilder()
                .setUserId(user)
                .setFlag(flag)
                .setExpectedValue(expected)
                .build());
    }

    boolean clear(String user, String flag) {
        return calls().clearSessionFlag(ClearSessionFlagRequest.newBuilder()
                        .setUserId(user)
                        .setFlag(flag)
                        .build())
                .getCleared();
    }
}
