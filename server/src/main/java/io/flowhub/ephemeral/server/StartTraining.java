package io.flowhub.ephemeral.server;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.Channel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractBlockingStub;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Starts the server with an embedded Redis, calls it and exits, while Java records which classes that needs. {@code
 * deploy/start-cache} runs it, to make the cache of the start; a server that serves uses nothing of it.
 */
final class StartTraining {

    /** So many that the methods of the path of a call have a profile in the AOT cache. */
    private static final int RATE_CHECKS = 2_000;

    private static final Duration AT_MOST = Duration.ofMinutes(3);

    public static void main(String[] args) throws IOException {
        int port = freePort();
        int adminPort = freePort();
        Path config = Files.createTempFile("ephemeral-training", ".yaml");
        config.toFile().deleteOnExit();
        Files.writeString(config, "{server.port: " + port + ", admin.port: " + adminPort + "}");
        new DaemonScheduler("limit")
                .runAfter(AT_MOST, () -> Runtime.getRuntime().halt(1));
        Thread calls = new Thread(() -> System.exit(call(port, adminPort)), "training");
        calls.setDaemon(true);
        calls.start();
        Main.main(new String[] {"serve", "--config", config.toString()});
    }

    /** Returns the exit status. */
    private static int call(int port, int adminPort) {
        Channel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            var rates = patient(RateLimitServiceGrpc.newBlockingStub(channel));
            for (int i = 0; i < RATE_CHECKS; i++) {
                rates.checkRate(CheckRateRequest.newBuilder()
                        .setUserId("u" + i)
                        .setAction("login_attempts")
                        .build());
            }
            callOthers(channel);
            for (String page : new String[] {"metrics", "readyz"}) {
                read("http://127.0.0.1:" + adminPort + "/" + page);
            }
            return 0;
        } catch (IOException | RuntimeException e) {
            System.err.println(e);
            return 1;
        }
    }

    private static void callOthers(Channel channel) {
        patient(HealthGrpc.newBlockingStub(channel))
                .check(HealthCheckRequest.newBuilder()
                        .setService(Server.READINESS)
                        .build());
        var presence = patient(PresenceServiceGrpc.newBlockingStub(channel));
        presence.heartbeat(HeartbeatRequest.newBuilder().setUserId("u").build());
        patient(TypingServiceGrpc.newBlockingStub(channel))
                .setTyping(SetTypingRequest.newBuilder()
                        .setRoomId("r")
                        .setUserId("u")
                        .build());
        var cache = patient(CacheServiceGrpc.newBlockingStub(channel));
        cache.putCachedUser(
                PutCachedUserRequest.newBuilder().setId("u").setJson("{}").build());
        cache.getCachedUser(GetCachedUserRequest.newBuilder().setId("u").build());
        patient(FeatureFlagServiceGrpc.newBlockingStub(channel))
                .getFlag(GetFlagRequest.newBuilder()
                        .setFeature("f")
                        .setUserId("u")
                        .build());
        patient(SessionServiceGrpc.newBlockingStub(channel))
                .setSessionFlag(SetSessionFlagRequest.newBuilder()
                        .setUserId("u")
                        .setFlag("f")
                        .setValue("v")
                        .build());
        patient(OtpServiceGrpc.newBlockingStub(channel))
                .issueOtp(IssueOtpRequest.newBuilder().setUserId("u").build());
        patient(TokenServiceGrpc.newBlockingStub(channel))
                .issueLoginToken(
                        IssueLoginTokenRequest.newBuilder().setUserId("u").build());
        patient(BroadcastServiceGrpc.newBlockingStub(channel))
                .publish(PublishRequest.newBuilder()
                        .setRoomId("r")
                        .setSenderId("u")
                        .setPayload(ByteString.copyFromUtf8("p"))
                        .build());
    }

    /** Its calls wait for the server to listen. */
    private static <S extends AbstractBlockingStub<S>> S patient(S stub) {
        return stub.withWaitForReady().withDeadlineAfter(AT_MOST.toSeconds(), TimeUnit.SECONDS);
    }

    private static void read(String page) throws IOException {
        try (InputStream body = URI.create(page).toURL().openStream()) {
            body.readAllBytes();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private StartTraining() {}
}
