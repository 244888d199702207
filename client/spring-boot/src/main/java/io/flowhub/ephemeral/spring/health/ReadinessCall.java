package io.flowhub.ephemeral.spring.health;

import io.flowhub.ephemeral.client.EphemeralStubs;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;

/** Asks a server whether it can serve: whether its Redis is available. Fails if no server is reachable. */
final class ReadinessCall {

    private static final HealthCheckRequest READINESS =
            HealthCheckRequest.newBuilder().setService("readiness").build();

    private final EphemeralStubs ephemeral;

    ReadinessCall(EphemeralStubs ephemeral) {
        this.ephemeral = ephemeral;
    }

    ServingStatus send() {
        return HealthGrpc.newBlockingStub(ephemeral.channel()).check(READINESS).getStatus();
    }
}
