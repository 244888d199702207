package io.flowhub.ephemeral.server.rpc;

import io.grpc.MethodDescriptor;
import java.util.List;

/**
 * The names of services and RPCs in configuration and in messages: {@code OtpService/IssueOtp}. A service of this product
 * or of gRPC is named without its package. One of another protocol is named in full, because its name may be taken:
 * {@code envoy.service.ratelimit.v3.RateLimitService}.
 */
public final class RpcName {

    private static final List<String> SHORT = List.of("flowhub.", "grpc.");

    public static String of(MethodDescriptor<?, ?> method) {
        return ofService(String.valueOf(method.getServiceName())) + "/" + method.getBareMethodName();
    }

    /**
     * The name of a service of ours without its package; that of another one as it is.
     *
     * @param service its full name
     */
    public static String ofService(String service) {
        return SHORT.stream().anyMatch(service::startsWith) ? service.substring(service.lastIndexOf('.') + 1) : service;
    }

    private RpcName() {}
}
