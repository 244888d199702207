package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc;

/** The gRPC service: proto in, proto out. */
final class RlsService extends RateLimitServiceGrpc.RateLimitServiceImplBase {}
