package io.flowhub.ephemeral.client.internal;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.function.Supplier;

/** Sends a bearer token with each call. */
public final class BearerToken implements ClientInterceptor {

    static final String RULE = "one line of printable ASCII characters, not empty";

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final Supplier<String> token;

    public BearerToken(Supplier<String> token) {
        this.token = token;
    }

    static boolean isValid(String token) {
        return !token.isEmpty() && token.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        String present = token.get();
        return new CheckedForwardingClientCall<>(next.newCall(method, options)) {
            /** Fails a call with an invalid token, because gRPC would log the token and send the call without it. */
            @Override
            protected void checkedStart(Listener<R> listener, Metadata headers) throws StatusException {
                if (!present.isEmpty()) {
                    if (!isValid(present)) {
                        throw Status.UNAUTHENTICATED
                                .withDescription("bearerToken: the supplied token is invalid (expected: " + RULE + ")")
                                .asException();
                    }
                    headers.put(AUTHORIZATION, "Bearer " + present);
                }
                delegate().start(listener, headers);
            }
        };
    }
}
