package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that are not a protobuf message fail their own call only. */
@Tag("contract")
@Tag("quick")
class MalformedRequestsTest {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final SubscribeRequest SUBSCRIBE =
            SubscribeRequest.newBuilder().addAddRoomIds("a").build();

    @AutoClose
    private static final TestServer SERVER = TestServer.shared();

    /** The method with arbitrary bytes as its request. */
    private static <R> MethodDescriptor<byte[], R> raw(MethodDescriptor<?, R> method) {
        return method.toBuilder(
                        new MethodDescriptor.Marshaller<byte[]>() {
                            @Override
                            public InputStream stream(byte[] value) {
                                return new ByteArrayInputStream(value);
                            }

                            @Override
                            public byte[] parse(InputStream stream) {
                                throw new UnsupportedOperationException();
                            }
                        },
                        method.getResponseMarshaller())
                .build();
    }

    private static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** An invalid tag, a length past the end, a string that is not UTF-8. */
    @ParameterizedTest
    @ValueSource(strings = {"\377\377\377\377", "\n\005a", "\n\002\377\376"})
    void malformedUnaryRequestIsInvalidArgument(String garbage) {
        var options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
        for (var method : List.of(RateLimitServiceGrpc.getCheckRateMethod(), HealthGrpc.getCheckMethod())) {
            StatusAssert.invalidField(
                    "request",
                    () -> ClientCalls.blockingUnaryCall(SERVER.channel(), raw(method), options, bytes(garbage)));
        }
        assertThat(SERVER.rateLimits()
                        .checkRate(CheckRateRequest.newBuilder()
                                .setUserId("malformed-requests-test")
                                .setAction("api_hits")
                                .build())
                        .getAllowed())
                .isTrue();
    }

    @Test
    void malformedStreamRequestEndsItsStreamOnly() {
        var method = raw(BroadcastServiceGrpc.getSubscribeMethod());
        var malformed = StreamReader.<byte[], SubscribeResponse>eager(reader ->
                ClientCalls.asyncBidiStreamingCall(SERVER.channel().newCall(method, CallOptions.DEFAULT), reader));
        try (var other = StreamReader.eager(BroadcastServiceGrpc.newStub(SERVER.channel())::subscribe)) {
            malformed.send(SUBSCRIBE.toByteArray()).awaitFirst(SOON, SubscribeResponse::hasSubscribed);
            malformed.send(bytes("\377\377"));

            StatusAssert.invalidField("request", malformed::awaitEnd);
            other.send(SUBSCRIBE).awaitFirst(SOON, SubscribeResponse::hasSubscribed);
        }
    }
}
