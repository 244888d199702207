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
record SessionFlagCalls(Channel channel) {

    private SessionServiceBlockingStub stub() {
        return SessionServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    SetSessionFlagResponse set(String user, String flag, String value) {
        var request = SetSessionFlagRequest.newBuilder().setUserId(user).setFlag(flag);
        return stub().setSessionFlag(request.setValue(value).build());
    }

    SetSessionFlagResponse set(String user, String flag, String value, long seconds, int nanos) {
        var ttl = Duration.newBuilder().setSeconds(seconds).setNanos(nanos);
        var request = SetSessionFlagRequest.newBuilder().setUserId(user).setFlag(flag);
        return stub().setSessionFlag(request.setValue(value).setTtl(ttl).build());
    }

    GetSessionFlagResponse get(String user, String flag) {
        var request = GetSessionFlagRequest.newBuilder().setUserId(user).setFlag(flag);
        return stub().getSessionFlag(request.build());
    }

    ConsumeSessionFlagResponse consume(String user, String flag) {
        var request = ConsumeSessionFlagRequest.newBuilder().setUserId(user).setFlag(flag);
        return stub().consumeSessionFlag(request.build());
    }

    ConsumeSessionFlagResponse consume(String user, String flag, String expected) {
        var request = ConsumeSessionFlagRequest.newBuilder().setUserId(user).setFlag(flag);
        return stub().consumeSessionFlag(request.setExpectedValue(expected).build());
    }

    boolean clear(String user, String flag) {
        var request = ClearSessionFlagRequest.newBuilder().setUserId(user).setFlag(flag);
        return stub().clearSessionFlag(request.build()).getCleared();
    }
}
