package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
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
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
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
    private static final CheckRateRequest CHECK = CheckRateRequest.newBuilder()
            .setUserId("malformed-requests-test")
            .setAction("api_hits")
            .build();

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
        assertThat(SERVER.rateLimits().checkRate(CHECK).getAllowed()).isTrue();
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

    /** These keep the names that they are asked for, for as long as a call is open. */
    @Test
    void longRequestsOfTheStandardServicesAreInvalidArgument() {
        HealthCheckRequest health =
                HealthCheckRequest.newBuilder().setService("n".repeat(1_100)).build();
        StatusAssert.invalidField(
                "request", () -> HealthGrpc.newBlockingStub(SERVER.channel()).check(health));
        StatusAssert.invalidField(
                "request",
                () -> HealthGrpc.newBlockingStub(SERVER.channel()).watch(health).next());
        var reflection = StreamReader.eager(ServerReflectionGrpc.newStub(SERVER.channel())::serverReflectionInfo);
        reflection.send(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("n".repeat(1_100))
                .build());
        StatusAssert.invalidField("request", reflection::awaitEnd);
    }

    /** A few compressed bytes may be a message of any length. */
    @Test
    void compressedRequestIsUnimplemented() {
        assertThatThrownBy(() -> SERVER.rateLimits().withCompression("gzip").checkRate(CHECK))
                .extracting(e -> Status.fromThrowable(e).getCode())
                .isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void unknownFieldsAreNotKept() {
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .addField(1_000, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .build();
        var marshaller = RequestMarshaller.of(ProtoUtils.marshaller(CheckRateRequest.getDefaultInstance()), 1_000);

        assertThat(marshaller.parse(marshaller.stream(
                        CHECK.toBuilder().setUnknownFields(unknown).build())))
                .isEqualTo(CHECK);
    }
}
