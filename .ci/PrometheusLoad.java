import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.flowhub.ephemeral.v1.*;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The load of .ci/prometheus: calls every RPC of two servers all the time, the second one by TLS. A line on standard
 * input starts a fault: denials, guesses, slow, burst or silence; the same name again stops it.
 *
 *   java -cp server/target/ephemeral-server.jar .ci/PrometheusLoad.java PORT TLS_PORT CERTIFICATE
 */
class PrometheusLoad {

    private static final ByteString PAYLOAD = ByteString.copyFrom(new byte[4_000]);

    private static final Map<String, Boolean> faults = new ConcurrentHashMap<>();

    /** Calls that need nothing of an earlier response: method, and request in the text format of protobuf. */
    private static final List<String[]> CALLS = List.of(
            call("RateLimitService/CheckRate", "user_id: 'u#' action: 'login_attempts'"),
            call("RateLimitService/CheckRate", "user_id: 'one' action: 'login_attempts'"), // mostly denied
            call("RateLimitService/CheckRate", "user_id: 'bad id' action: 'login_attempts'"), // an error
            call("RateLimitService/BatchCheckRate", "requests { user_id: 'u#' action: 'api_hits' }"),
            call("RateLimitService/RefundRate", "user_id: 'u#' action: 'login_attempts'"),
            call("RateLimitService/ResetRate", "user_id: 'u#' action: 'login_attempts'"),
            call("SessionService/SetSessionFlag", "user_id: 'u#' flag: 'otp_valid' value: '1' ttl { seconds: 300 }"),
            call("SessionService/GetSessionFlag", "user_id: 'u#' flag: 'otp_valid'"),
            call("SessionService/ConsumeSessionFlag", "user_id: 'u#' flag: 'otp_valid'"),
            call("SessionService/ClearSessionFlag", "user_id: 'u#' flag: 'otp_valid'"),
            call("FeatureFlagService/SetFlag", "feature: 'f' user_id: 'u#' value: 'on' ttl { seconds: 300 }"),
            call("FeatureFlagService/GetFlag", "feature: 'f' user_id: 'u#'"),
            call("FeatureFlagService/BatchGetFlags", "requests { feature: 'f' user_id: 'u#' default_value: 'off' }"),
            call("FeatureFlagService/ClearFlag", "feature: 'f' user_id: 'u#'"),
            call("CacheService/PutCachedProduct", "id: 'p#' negative: true"),
            call("CacheService/GetCachedProduct", "id: 'p#'"),
            call("CacheService/BatchGetCachedProducts", "ids: 'p#'"),
            call("CacheService/EvictCachedProduct", "id: 'p#'"),
            call("CacheService/BatchGetCachedUsers", "ids: 'u#'"),
            call("PresenceService/Heartbeat", "user_id: 'u#'"),
            call("PresenceService/GetPresence", "user_id: 'u#'"),
            call("PresenceService/BatchGetPresence", "user_ids: 'u#'"),
            call("PresenceService/SetOffline", "user_id: 'v#'"),
            call("TypingService/SetTyping", "room_id: 'r' user_id: 'u#' typing: true"),
            call("TypingService/SetTyping", "room_id: 'r' user_id: 'v#' typing: false"),
            call("TypingService/ListTyping", "room_id: 'r'"),
            call("BroadcastService/Publish", "room_id: 'r' sender_id: 'u#' payload: 'hello'"),
            call("OtpService/RevokeOtp", "user_id: 'w#'"),
            call("BudgetService/GetBudget", ""));

    private static final List<ServiceDescriptor> SERVICES = List.of(
            RateLimitServiceGrpc.getServiceDescriptor(),
            OtpServiceGrpc.getServiceDescriptor(),
            TokenServiceGrpc.getServiceDescriptor(),
            SessionServiceGrpc.getServiceDescriptor(),
            FeatureFlagServiceGrpc.getServiceDescriptor(),
            CacheServiceGrpc.getServiceDescriptor(),
            PresenceServiceGrpc.getServiceDescriptor(),
            TypingServiceGrpc.getServiceDescriptor(),
            BroadcastServiceGrpc.getServiceDescriptor(),
            BudgetServiceGrpc.getServiceDescriptor());

    public static void main(String[] args) throws Exception {
        ManagedChannel first = Grpc.newChannelBuilder("127.0.0.1:" + args[0], InsecureChannelCredentials.create())
                .build();
        ManagedChannel second = Grpc.newChannelBuilder(
                        "127.0.0.1:" + args[1],
                        TlsChannelCredentials.newBuilder().trustManager(new File(args[2])).build())
                .build();
        for (ManagedChannel channel : List.of(first, second)) {
            start(() -> base(channel));
            start(() -> streams(channel));
        }
        start(() -> denials(first));
        start(() -> guesses(second));
        start(() -> slow(first));
        start(() -> burst(second));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String fault = lines.readLine(); fault != null; fault = lines.readLine()) {
            faults.merge(fault, true, (before, now) -> !before);
        }
        System.exit(0);
    }

    private static boolean active(String fault) {
        return faults.getOrDefault(fault, false);
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void start(Work work) {
        new Thread(() -> {
                    while (true) {
                        try {
                            work.run();
                            Thread.sleep(20);
                        } catch (StatusRuntimeException e) {
                            // Faults are on purpose.
                        } catch (Exception e) {
                            e.printStackTrace();
                            System.exit(1);
                        }
                    }
                })
                .start();
    }

    private static String[] call(String method, String request) {
        return new String[] {method, request};
    }

    /** One call of each RPC, with the same users on both servers. */
    private static void base(Channel channel) throws Exception {
        long user = System.currentTimeMillis() / 200;
        for (String[] call : CALLS) {
            if (!active("silence") || !call[0].startsWith("Presence")) {
                unary(channel, call[0], call[1].replace("#", Long.toString(user % 500)));
            }
        }
        codes(channel, "o" + channel.hashCode() + user);
        cached(channel, "u" + user % 500);
    }

    private static void unary(Channel channel, String name, String text) throws Exception {
        for (ServiceDescriptor service : SERVICES) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                if (method.getFullMethodName().endsWith("." + name)) {
                    unary(channel, method, text);
                    return;
                }
            }
        }
        throw new IllegalArgumentException(name);
    }

    private static <A, B> void unary(Channel channel, MethodDescriptor<A, B> method, String text) throws Exception {
        Message prototype = (Message)
                ((MethodDescriptor.PrototypeMarshaller<A>) method.getRequestMarshaller()).getMessagePrototype();
        Message.Builder request = prototype.newBuilderForType();
        TextFormat.merge(text, request);
        @SuppressWarnings("unchecked")
        A typed = (A) request.build();
        try {
            ClientCalls.blockingUnaryCall(channel, method, deadline(), typed);
        } catch (StatusRuntimeException e) {
            // Some are faulty on purpose, and during an outage all fail.
        }
    }

    private static CallOptions deadline() {
        return CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.SECONDS);
    }

    private static void codes(Channel channel, String user) {
        var otp = OtpServiceGrpc.newBlockingStub(channel).withDeadlineAfter(2, TimeUnit.SECONDS);
        IssueOtpResponse issued = otp.issueOtp(IssueOtpRequest.newBuilder().setUserId(user).build());
        VerifyOtpRequest.Builder attempt = VerifyOtpRequest.newBuilder().setUserId(user);
        otp.verifyOtp(attempt.setCode(issued.getIssued().getCode()).build());
        var tokens = TokenServiceGrpc.newBlockingStub(channel).withDeadlineAfter(2, TimeUnit.SECONDS);
        String token = tokens.issueLoginToken(IssueLoginTokenRequest.newBuilder().setUserId(user).build())
                .getToken();
        tokens.verifyLoginToken(
                VerifyLoginTokenRequest.newBuilder().setUserId(user).setToken(token).build());
        tokens.consumeLoginToken(
                ConsumeLoginTokenRequest.newBuilder().setUserId(user).setToken(token).build());
        tokens.revokeLoginToken(
                RevokeLoginTokenRequest.newBuilder().setUserId(user).setToken(token).build());
    }

    private static void cached(Channel channel, String id) {
        var cache = CacheServiceGrpc.newBlockingStub(channel).withDeadlineAfter(2, TimeUnit.SECONDS);
        GetCachedUserRequest get = GetCachedUserRequest.newBuilder().setId(id).build();
        GetCachedUserResponse found = cache.getCachedUser(get);
        if (!found.getLease().isEmpty()) {
            cache.putCachedUser(PutCachedUserRequest.newBuilder()
                    .setId(id)
                    .setJson("{\"id\":\"" + id + "\"}")
                    .setLease(found.getLease())
                    .build());
        }
        cache.getCachedUser(get);
        if (id.endsWith("7")) {
            cache.evictCachedUser(EvictCachedUserRequest.newBuilder().setId(id).build());
        }
    }

    /** Streams of each kind for 10 seconds; heartbeats of 50 users, which are then not renewed for a while. */
    private static void streams(Channel channel) throws Exception {
        List<String> users = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            users.add("h" + i);
        }
        var watch = PresenceServiceGrpc.newStub(channel).watchPresence(ignore());
        watch.onNext(WatchPresenceRequest.newBuilder().addAllAddUserIds(users).build());
        var typing = TypingServiceGrpc.newStub(channel).watchTyping(ignore());
        typing.onNext(WatchTypingRequest.newBuilder().addAddRoomIds("r").build());
        var rooms = BroadcastServiceGrpc.newStub(channel).subscribe(ignore());
        rooms.onNext(SubscribeRequest.newBuilder().addAddRoomIds("r").build());
        var heartbeats = PresenceServiceGrpc.newStub(channel).streamHeartbeats(ignore());
        for (int i = 0; i < 5; i++) {
            if (!active("silence")) {
                heartbeats.onNext(StreamHeartbeatsRequest.newBuilder()
                        .setSequence(i + 1)
                        .addAllUserIds(users)
                        .build());
            }
            Thread.sleep(2_000);
        }
        List.of(watch, typing, rooms, heartbeats).forEach(StreamObserver::onCompleted);
        Thread.sleep(7_000);
    }

    private static <T> StreamObserver<T> ignore() {
        return new StreamObserver<>() {
            @Override
            public void onNext(T value) {}

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {}
        };
    }

    /** One user far above a limit. */
    private static void denials(Channel channel) throws Exception {
        if (active("denials")) {
            BatchCheckRateRequest.Builder batch = BatchCheckRateRequest.newBuilder();
            for (int i = 0; i < 50; i++) {
                batch.addRequests(CheckRateRequest.newBuilder().setUserId("flood").setAction("login_attempts"));
            }
            RateLimitServiceGrpc.newBlockingStub(channel).batchCheckRate(batch.build());
        }
    }

    /** Wrong codes for many users. */
    private static void guesses(Channel channel) throws Exception {
        if (active("guesses")) {
            for (int i = 0; i < 20; i++) {
                OtpServiceGrpc.newBlockingStub(channel)
                        .verifyOtp(VerifyOtpRequest.newBuilder()
                                .setUserId("g" + System.nanoTime())
                                .setCode("000000")
                                .build());
            }
        }
    }

    /** A subscriber that requests one message and no more, and a room that goes on. */
    private static void slow(Channel channel) throws Exception {
        if (!active("slow")) {
            return;
        }
        ClientCall<SubscribeRequest, SubscribeResponse> call =
                channel.newCall(BroadcastServiceGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.request(1);
        call.sendMessage(SubscribeRequest.newBuilder().addAddRoomIds("busy").build());
        Thread.sleep(500);
        while (active("slow")) {
            BroadcastServiceGrpc.newBlockingStub(channel)
                    .publish(PublishRequest.newBuilder()
                            .setRoomId("busy")
                            .setSenderId("s")
                            .setPayload(PAYLOAD)
                            .build());
        }
        call.cancel("enough", null);
    }

    /** Far more calls at once than the queue of the server holds. */
    private static void burst(Channel channel) throws Exception {
        Semaphore open = new Semaphore(200);
        var checks = RateLimitServiceGrpc.newStub(channel);
        while (active("burst")) {
            open.acquire();
            checks.withDeadlineAfter(2, TimeUnit.SECONDS)
                    .checkRate(
                            CheckRateRequest.newBuilder()
                                    .setUserId("b" + System.nanoTime())
                                    .setAction("api_hits")
                                    .build(),
                            new StreamObserver<>() {
                                @Override
                                public void onNext(CheckRateResponse value) {}

                                @Override
                                public void onError(Throwable failure) {
                                    open.release();
                                }

                                @Override
                                public void onCompleted() {
                                    open.release();
                                }
                            });
            Thread.sleep(0, 500_000);
        }
    }
}
