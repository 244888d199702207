package io.flowhub.ephemeral.bench;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Counts the commands that Redis runs, by {@code INFO commandstats}: a minute while the server is idle, a minute with 1,000
 * users online and one watch of them, and per call of each RPC, one after the other and each with another id. Prints rows of
 * a table: what; commands of the server; commands with those inside scripts.
 */
final class CommandCosts {

    private static final int CALLS = 200;
    private static final int USERS = 1_000;
    private static final int SECONDS_BETWEEN_HEARTBEATS = 4;

    /** Longer than a server waits at its start before it checks users, and than a user is online. */
    private static final int SETTLE_SECONDS = 20;

    /** Commands that no script runs. */
    private static final Pattern OUTER =
            Pattern.compile("eval.*|ping|subscribe|unsubscribe|client.*|cluster.*|hello|auth");

    private static final Pattern COMMAND = Pattern.compile("cmdstat_([^:]+):calls=(\\d+)");

    /** Rows of the table in the order of the calls: {@code $} is the id of a call, {@code @} the secret issued for it. */
    private static final List<Row> ROWS = List.of(
            new Row("CheckRate", RateLimitServiceGrpc.getCheckRateMethod(), "user_id: '$' action: 'bench'"),
            new Row(
                    "CheckRate, sliding window",
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    "user_id: '$' action: 'sliding'"),
            new Row(
                    "CheckRate, token bucket",
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    "user_id: '$' action: 'bucket'"),
            new Row(
                    "CheckRate with a request id",
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    "user_id: '$' action: 'bench' request_id: 'r'"),
            new Row(
                    "CheckRate that Redis denies",
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    "user_id: '$' action: 'full' hits: 2"),
            new Row(
                    "BatchCheckRate of 2",
                    RateLimitServiceGrpc.getBatchCheckRateMethod(),
                    "requests {user_id: '$' action: 'bench'} requests {user_id: '$-2' action: 'bench'}"),
            new Row("RefundRate", RateLimitServiceGrpc.getRefundRateMethod(), "user_id: '$' action: 'bench'"),
            new Row("ResetRate", RateLimitServiceGrpc.getResetRateMethod(), "user_id: '$' action: 'bench'"),
            new Row("IssueOtp", OtpServiceGrpc.getIssueOtpMethod(), "user_id: '$'"),
            new Row("VerifyOtp, a wrong code", OtpServiceGrpc.getVerifyOtpMethod(), "user_id: '$' code: '000000'"),
            new Row("VerifyOtp, the valid code", OtpServiceGrpc.getVerifyOtpMethod(), "user_id: '$' code: '@'"),
            new Row("RevokeOtp", OtpServiceGrpc.getRevokeOtpMethod(), "user_id: '$'"),
            new Row("IssueLoginToken", TokenServiceGrpc.getIssueLoginTokenMethod(), "user_id: '$'"),
            new Row("VerifyLoginToken", TokenServiceGrpc.getVerifyLoginTokenMethod(), "user_id: '$' token: '@'"),
            new Row("ConsumeLoginToken", TokenServiceGrpc.getConsumeLoginTokenMethod(), "user_id: '$' token: '@'"),
            new Row("RevokeLoginToken", TokenServiceGrpc.getRevokeLoginTokenMethod(), "user_id: '$'"),
            new Row(
                    "SetSessionFlag",
                    SessionServiceGrpc.getSetSessionFlagMethod(),
                    "user_id: '$' flag: 'f' value: 'v'"),
            new Row("GetSessionFlag", SessionServiceGrpc.getGetSessionFlagMethod(), "user_id: '$' flag: 'f'"),
            new Row("ConsumeSessionFlag", SessionServiceGrpc.getConsumeSessionFlagMethod(), "user_id: '$' flag: 'f'"),
            new Row("ClearSessionFlag", SessionServiceGrpc.getClearSessionFlagMethod(), "user_id: '$' flag: 'f'"),
            new Row("SetFlag", FeatureFlagServiceGrpc.getSetFlagMethod(), "feature: 'f' user_id: '$' value: 'v'"),
            new Row("GetFlag", FeatureFlagServiceGrpc.getGetFlagMethod(), "feature: 'f' user_id: '$'"),
            new Row(
                    "BatchGetFlags of 2",
                    FeatureFlagServiceGrpc.getBatchGetFlagsMethod(),
                    "requests {feature: 'f' user_id: '$'} requests {feature: 'f' user_id: '$-2'}"),
            new Row("ClearFlag", FeatureFlagServiceGrpc.getClearFlagMethod(), "feature: 'f' user_id: '$'"),
            new Row("GetCachedUser, a miss", CacheServiceGrpc.getGetCachedUserMethod(), "id: '$'"),
            new Row("PutCachedUser", CacheServiceGrpc.getPutCachedUserMethod(), "id: '$' json: '{}'"),
            new Row("GetCachedUser, a hit", CacheServiceGrpc.getGetCachedUserMethod(), "id: '$'"),
            new Row("BatchGetCachedUsers of 1 hit", CacheServiceGrpc.getBatchGetCachedUsersMethod(), "ids: '$'"),
            new Row("EvictCachedUser", CacheServiceGrpc.getEvictCachedUserMethod(), "id: '$'"),
            new Row("Heartbeat that brings the user online", PresenceServiceGrpc.getHeartbeatMethod(), "user_id: '$'"),
            new Row("Heartbeat", PresenceServiceGrpc.getHeartbeatMethod(), "user_id: '$'"),
            new Row(
                    "Heartbeat with a new connection id",
                    PresenceServiceGrpc.getHeartbeatMethod(),
                    "user_id: '$' connection_id: 'c'"),
            new Row(
                    "Heartbeat with a connection id",
                    PresenceServiceGrpc.getHeartbeatMethod(),
                    "user_id: '$' connection_id: 'c'"),
            new Row("GetPresence", PresenceServiceGrpc.getGetPresenceMethod(), "user_id: '$'"),
            new Row("SetOffline", PresenceServiceGrpc.getSetOfflineMethod(), "user_id: '$'"),
            new Row(
                    "SetTyping that starts",
                    TypingServiceGrpc.getSetTypingMethod(),
                    "room_id: '$' user_id: 'u' typing: true"),
            new Row(
                    "SetTyping that goes on",
                    TypingServiceGrpc.getSetTypingMethod(),
                    "room_id: '$' user_id: 'u' typing: true"),
            new Row("ListTyping", TypingServiceGrpc.getListTypingMethod(), "room_id: '$'"),
            new Row("SetTyping that stops", TypingServiceGrpc.getSetTypingMethod(), "room_id: '$' user_id: 'u'"),
            new Row("Publish", BroadcastServiceGrpc.getPublishMethod(), "room_id: '$' sender_id: 's' payload: 'p'"),
            new Row("GetBudget", BudgetServiceGrpc.getGetBudgetMethod(), ""));

    private record Row(String name, MethodDescriptor<?, ?> method, String request) {}

    /** How many commands Redis ran: those that a client sent, and all. */
    private record Counts(long outer, long all) {

        private Counts since(Counts before) {
            return new Counts(outer - before.outer, all - before.all);
        }
    }

    private final Channel channel;
    private final Socket redis;
    private long counted;
    private final @Nullable String[] secrets = new String[CALLS + 1]; // the last one is that of a warm-up

    /** Arguments: port of a server that has just started, port of its Redis, seconds of the first two rows or 0. */
    public static void main(String[] args) throws IOException, InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[0]))
                .usePlaintext()
                .build();
        try (Socket redis = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]))) {
            CommandCosts costs = new CommandCosts(channel, redis);
            int seconds = Integer.parseInt(args[2]);
            if (seconds > 0) {
                costs.measureIdle(seconds);
                costs.measureWatch(seconds);
            }
            for (Row row : ROWS) {
                costs.measure(row);
            }
        }
        channel.shutdownNow();
    }

    private CommandCosts(Channel channel, Socket redis) {
        this.channel = channel;
        this.redis = redis;
    }

    private void measureIdle(int seconds) throws IOException, InterruptedException {
        TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
        Counts before = counts();
        TimeUnit.SECONDS.sleep(seconds);
        print("a minute, idle", counts().since(before), seconds / 60.0);
    }

    /** The heartbeats are not counted: the calls of the scripts in {@code extend_many.lua}, 500 users each. */
    private void measureWatch(int seconds) throws IOException, InterruptedException {
        List<String> users =
                IntStream.range(0, USERS).mapToObj(i -> "online-" + i).toList();
        var heartbeats = PresenceServiceGrpc.newStub(channel).streamHeartbeats(new Ignored<>());
        var watch = PresenceServiceGrpc.newStub(channel).watchPresence(new Ignored<>());
        watch.onNext(WatchPresenceRequest.newBuilder().addAllAddUserIds(users).build());
        StreamHeartbeatsRequest frame =
                StreamHeartbeatsRequest.newBuilder().addAllUserIds(users).build();
        for (int i = 0; i < SETTLE_SECONDS; i += SECONDS_BETWEEN_HEARTBEATS) {
            heartbeats.onNext(frame);
            TimeUnit.SECONDS.sleep(SECONDS_BETWEEN_HEARTBEATS);
        }
        Counts before = counts();
        int frames = seconds / SECONDS_BETWEEN_HEARTBEATS;
        for (int i = 0; i < frames; i++) {
            heartbeats.onNext(frame);
            TimeUnit.SECONDS.sleep(SECONDS_BETWEEN_HEARTBEATS);
        }
        Counts all = counts().since(before);
        long scripts = 2L * frames;
        Counts others = new Counts(all.outer() - scripts, all.all() - 2 * scripts - (long) frames * USERS);
        print("a minute, 1,000 users online and one watch of them, without the heartbeats", others, seconds / 60.0);
        heartbeats.onCompleted();
        watch.onError(Status.CANCELLED.asException()); // a watch that is only half-closed goes on
        TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
    }

    private void measure(Row row) throws IOException {
        call(row.method(), row, "warm-up", CALLS);
        Counts before = counts();
        for (int i = 0; i < CALLS; i++) {
            call(row.method(), row, "cost-" + i, i);
        }
        print(row.name(), counts().since(before), CALLS);
    }

    private <Q, R> void call(MethodDescriptor<Q, R> method, Row row, String id, int i) {
        try {
            Message none = (Message) ((PrototypeMarshaller<Q>) method.getRequestMarshaller()).getMessagePrototype();
            Message.Builder request = none.newBuilderForType();
            TextFormat.merge(
                    row.request().replace("$", id).replace("@", Objects.requireNonNullElse(secrets[i], "")), request);
            @SuppressWarnings("unchecked")
            Q message = (Q) request.build();
            R response = ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, message);
            if (response instanceof IssueOtpResponse otp) {
                secrets[i] = otp.getIssued().getCode();
            } else if (response instanceof IssueLoginTokenResponse token) {
                secrets[i] = token.getToken();
            }
        } catch (TextFormat.ParseException e) {
            throw new IllegalStateException(row.name(), e);
        }
    }

    private static void print(String what, Counts counts, double per) {
        System.out.printf("| %s | %.1f | %.1f |%n", what, counts.outer() / per, counts.all() / per);
    }

    /** The commands so far, without those of this method. */
    private Counts counts() throws IOException {
        redis.getOutputStream().write("INFO commandstats\r\n".getBytes(StandardCharsets.US_ASCII));
        DataInputStream in = new DataInputStream(redis.getInputStream());
        StringBuilder length = new StringBuilder();
        for (byte next = in.readByte(); next != '\n'; next = in.readByte()) {
            length.append((char) next);
        }
        byte[] info = new byte[Integer.parseInt(length.substring(1).trim()) + 2];
        in.readFully(info);
        long outer = 0;
        long all = -counted++;
        Matcher matcher = COMMAND.matcher(new String(info, StandardCharsets.US_ASCII));
        while (matcher.find()) {
            long calls = Long.parseLong(matcher.group(2));
            all += calls;
            outer += OUTER.matcher(matcher.group(1)).matches() ? calls : 0;
        }
        return new Counts(outer, all);
    }

    private static final class Ignored<T> implements StreamObserver<T> {

        @Override
        public void onNext(T message) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}
