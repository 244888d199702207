package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.caller.CallerGate;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.stub.MetadataUtils;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every RPC, those of health and reflection too, as every kind of caller. */
@Tag("contract")
@Tag("quick")
class EveryRpcAsEveryCallerTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private static final List<Rpc> STANDARD = List.of(
            RpcCatalog.rpc(HealthGrpc.getCheckMethod(), ""),
            RpcCatalog.rpc(HealthGrpc.getWatchMethod(), ""),
            RpcCatalog.rpc(ServerReflectionGrpc.getServerReflectionInfoMethod(), "list_services: ''"),
            RpcCatalog.rpc(reflectionV1Alpha(), "list_services: ''"));

    private static final String GATEWAY = "spiffe://flowhub.io/gateway";

    private static final Rpc PRESENCE = StreamKind.PRESENCE.rpc();

    @TempDir
    private static Path folder;

    private static TestServer server;

    private final String id = UniqueIds.next();

    @BeforeAll
    static void start() throws Exception {
        write(rights(everyRight()));
        server = TestServer.on(TestRedis.url(), RpcCatalog.SETTINGS, "callers.file: " + file());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Rpc> everyRpc() {
        return Stream.concat(RpcCatalog.ALL.stream(), STANDARD.stream());
    }

    @ParameterizedTest
    @MethodSource("everyRpc")
    void rpcIsServedOnlyToACallerWithTheRight(Rpc rpc) {
        for (String authorization : List.of("Bearer all", "bearer next")) {
            assertThatCode(() -> first(as(authorization), rpc))
                    .as(authorization)
                    .doesNotThrowAnyException();
        }
        for (String authorization :
                List.of("Bearer unknown", "Bearer ", "Basic all", "all", "Bearer " + sha256("all"), "")) {
            StatusAssert.hasStatus(
                    Code.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED", () -> first(as(authorization), rpc));
        }
        StatusAssert.hasStatus(
                Code.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED", () -> first(server.channel(), rpc));
        StatusRuntimeException denied = StatusAssert.hasStatus(
                Code.PERMISSION_DENIED, "ERROR_REASON_PERMISSION_DENIED", () -> first(as("Bearer none"), rpc));
        assertThat(StatusAssert.detail(denied, ErrorInfo.class).getMetadataMap())
                .containsOnlyKeys("right")
                .containsEntry("right", right(rpc));
    }

    @ParameterizedTest
    @MethodSource("everyRpc")
    void idOutsideOfItsPrefixesIsDenied(Rpc rpc) {
        Message request = rpc.validRequest(id);
        boolean hasId = request.toString().contains(id) && STANDARD.stream().noneMatch(rpc::equals);
        assertThatCode(() -> first(as("Bearer prefixed"), rpc, rpc.validRequest("eu-" + id)))
                .doesNotThrowAnyException();
        if (hasId) {
            StatusAssert.hasStatus(
                    Code.PERMISSION_DENIED,
                    "ERROR_REASON_PERMISSION_DENIED",
                    () -> first(as("Bearer prefixed"), rpc, request));
        }
    }

    @Test
    void valueOutsideOfItsListIsDeniedAndNamed() {
        Rpc check = RpcCatalog.rpc(RateLimitServiceGrpc.getCheckRateMethod(), "user_id: '$' action: 'b'");
        StatusRuntimeException denied = StatusAssert.hasStatus(
                Code.PERMISSION_DENIED, "ERROR_REASON_PERMISSION_DENIED", () -> first(as("Bearer limited"), check));
        assertThat(StatusAssert.detail(denied, ErrorInfo.class).getMetadataMap())
                .containsEntry("field", "action")
                .containsEntry("value", "b");
        Rpc allowed = RpcCatalog.rpc(RateLimitServiceGrpc.getCheckRateMethod(), "user_id: '$' action: 'a'");
        assertThatCode(() -> first(as("Bearer limited"), allowed)).doesNotThrowAnyException();
        Rpc batch = RpcCatalog.rpc(
                RateLimitServiceGrpc.getBatchCheckRateMethod(),
                "requests {user_id: '$' action: 'a'} requests {user_id: '$' action: 'b'}");
        StatusAssert.hasStatus(
                Code.PERMISSION_DENIED, "ERROR_REASON_PERMISSION_DENIED", () -> first(as("Bearer limited"), batch));
    }

    @Test
    void featuresOfACallerHoldInTheProtocolOfFlagdToo() {
        String context = " context {fields {key: 'targetingKey' value {string_value: '$'}}}";
        for (var service : List.of(
                io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getServiceDescriptor(),
                io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getServiceDescriptor())) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                if (method.getType() != MethodDescriptor.MethodType.UNARY) {
                    continue;
                }
                boolean ofAll = String.valueOf(method.getBareMethodName()).equals("ResolveAll");
                Rpc denied = RpcCatalog.rpc(method, (ofAll ? "" : "flag_key: 'b'") + context);
                StatusRuntimeException e = StatusAssert.hasStatus(
                        Code.PERMISSION_DENIED,
                        "ERROR_REASON_PERMISSION_DENIED",
                        () -> first(as("Bearer flags"), denied));
                assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap())
                        .containsEntry("right", "FeatureFlagService/GetFlag")
                        .containsEntry("value", ofAll ? "*" : "b");
                if (!ofAll) {
                    Rpc allowed = RpcCatalog.rpc(method, "flag_key: 'a'" + context);
                    assertThatCode(() -> first(as("Bearer flags"), allowed)).doesNotThrowAnyException();
                }
            }
        }
    }

    /** A later message of a stream is checked like the first one. */
    @Test
    void laterMessageWithADeniedIdEndsItsStream() {
        for (StreamKind kind : StreamKind.values()) {
            try (OpenStream stream = new RpcCaller(as("Bearer prefixed")).open(kind.rpc())) {
                stream.send(StreamKind.request(kind.rpc(), List.of("eu-" + id), List.of()));
                stream.reader().awaitFirst(SOON, event -> true);
                stream.send(StreamKind.request(kind.rpc(), List.of(id), List.of()));
                StatusAssert.hasStatus(
                        Code.PERMISSION_DENIED, "ERROR_REASON_PERMISSION_DENIED", stream.reader()::awaitEnd);
            }
        }
        for (StreamKind kind : StreamKind.values()) {
            try (OpenStream stream = new RpcCaller(as("Bearer prefixed")).open(kind.rpc())) {
                stream.send(StreamKind.request(kind.rpc(), List.of(), List.of(id)));
                StatusAssert.hasStatus(
                        Code.PERMISSION_DENIED, "ERROR_REASON_PERMISSION_DENIED", stream.reader()::awaitEnd);
            }
        }
    }

    @Test
    void unknownMethodIsUnimplementedForAKnownCallerOnly() {
        for (String name : List.of("flowhub.ephemeral.v1.CacheService/Unknown", "unknown.Service/GetCachedUser", "x")) {
            MethodDescriptor<?, ?> method = StreamKind.PRESENCE.rpc().method().toBuilder()
                    .setFullMethodName(name)
                    .build();
            Rpc unknown = RpcCatalog.rpc(method, "");
            for (String authorization : List.of("Bearer all", "Bearer none", "Bearer prefixed")) {
                assertThatThrownBy(() -> first(as(authorization), unknown))
                        .hasMessage("UNIMPLEMENTED: Method not found: " + name);
            }
            StatusAssert.hasStatus(
                    Code.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED", () -> first(as("Bearer wrong"), unknown));
            StatusAssert.hasStatus(
                    Code.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED", () -> first(server.channel(), unknown));
        }
    }

    @Test
    void tokensAreRotatedAndRightsTakenAwayWhileStreamsRun() {
        String streaming =
                "PresenceService, TypingService, BroadcastService, FeatureFlagService/GetFlag, Health, ServerReflection";
        Path own = folder.resolve("rotated.yaml");
        write(own, gateway(streaming, "", "old"));
        try (CapturedLog log = CapturedLog.of(CallerGate.class);
                TestServer rotated = TestServer.on(TestRedis.url(), RpcCatalog.SETTINGS, "callers.file: " + own)) {
            Channel old = as(rotated, "Bearer old");
            Channel next = as(rotated, "Bearer new");
            List<OpenStream> streams = Stream.concat(
                            RpcCatalog.streams().stream(), STANDARD.stream().skip(1))
                    .map(rpc -> open(old, rpc))
                    .toList();

            write(own, gateway(streaming, "", "old", "new"));
            Eventually.soon("the new token is valid", () -> isServed(next, PRESENCE));
            assertThat(isServed(old, PRESENCE)).isTrue();
            write(own, "gateway: {tokens: ["); // not YAML: the previous callers stay
            Eventually.soon(
                    "the file is rejected",
                    () -> log.messages(Level.ERROR).toString().contains("Rejected " + own));
            assertThat(streams).noneMatch(stream -> stream.reader().hasEnded());

            write(own, gateway(streaming, "", "new"));
            assertEnd(streams, Code.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED");
            assertThat(isServed(old, PRESENCE)).isFalse();

            List<OpenStream> watch = List.of(open(next, PRESENCE));
            write(own, gateway(streaming, "id_prefixes: [us-]", "new"));
            assertEnd(watch, Code.UNAVAILABLE, "ERROR_REASON_DRAINING");

            List<OpenStream> health = List.of(open(next, STANDARD.get(1)));
            write(own, gateway("TypingService", "id_prefixes: [us-]", "new"));
            assertEnd(health, Code.PERMISSION_DENIED, "ERROR_REASON_PERMISSION_DENIED");
        }
    }

    /** A refused handshake is UNAVAILABLE for the client: no call reaches the server. */
    @Test
    void certificateThatProvesNoCallerIsRefusedOnEveryRpc() throws Exception {
        TestCertificate authority = TestCertificate.selfSigned("authority");
        Duration day = Duration.ofDays(1);
        TestCertificate right = authority.issue("a", day, GATEWAY);
        TestCertificate revoked = authority.issue("a", day, GATEWAY);
        Map<String, TestCertificate> refused = Map.of(
                "of another authority", TestCertificate.selfSigned("authority").issue("a", day, GATEWAY),
                "expired", authority.issue("a", Duration.ofMinutes(-1), GATEWAY),
                "not yet valid", authority.issue("a", Duration.ofHours(1), day, GATEWAY),
                "revoked", revoked);
        Map<String, TestCertificate> unknown = Map.of(
                "without a name", authority.issue("a", day),
                "with another name", authority.issue("a", day, GATEWAY + "s", GATEWAY.substring(0, 10)),
                "with the name as common name", authority.issue(GATEWAY, day));
        String settings = """
                redis.url: %s
                server.drain_timeout: 0s
                tls: {certificate: %s, key: %s, client_ca: %2$s, client_crl: %s, client_auth: required}
                callers.file: %s
                """.formatted(
                        TestRedis.url(),
                        write(folder.resolve("tls.crt"), authority.certificatePem()),
                        write(folder.resolve("tls.key"), authority.keyPem()),
                        write(folder.resolve("tls.crl"), authority.revocationListPem(day, revoked)),
                        write(
                                folder.resolve("certificates.yaml"),
                                "gateway: {certificates: ['%s'], may: %s}".formatted(GATEWAY, everyRight())));
        try (Server tls = Server.start(TestServer.configuration(settings + RpcCatalog.SETTINGS))) {
            tls.initialRedisCheck().toCompletableFuture().get(20, TimeUnit.SECONDS);
            everyRpcOver(tls, authority, right, rpc -> assertThatCode(rpc).doesNotThrowAnyException());
            refused.forEach((what, certificate) -> everyRpcOver(
                    tls,
                    authority,
                    certificate,
                    rpc -> assertThatThrownBy(rpc).as(what).hasMessageStartingWith("UNAVAILABLE")));
            unknown.forEach((what, certificate) -> everyRpcOver(
                    tls,
                    authority,
                    certificate,
                    rpc -> StatusAssert.hasStatus(Code.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED", rpc)));
        }
    }

    private void everyRpcOver(
            Server tls, TestCertificate authority, TestCertificate certificate, Consumer<ThrowingCallable> check) {
        ManagedChannel channel = Unchecked.call(() -> NettyChannelBuilder.forAddress("127.0.0.1", tls.port())
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(authority.certificate())
                        .keyManager(certificate.key(), certificate.certificate())
                        .build())
                .build());
        try {
            everyRpc().forEach(rpc -> check.accept(() -> first(channel, rpc)));
        } finally {
            channel.shutdownNow();
        }
    }

    private static String gateway(String may, String limits, String... tokens) {
        String digests =
                Stream.of(tokens).map(EveryRpcAsEveryCallerTest::sha256).collect(Collectors.joining(", "));
        return "gateway:\n  tokens: [%s]\n  may: [%s]\n  %s\n".formatted(digests, may, limits);
    }

    private static void assertEnd(List<OpenStream> streams, Code code, String reason) {
        streams.forEach(stream -> StatusAssert.hasStatus(code, reason, stream.reader()::awaitEnd));
    }

    @Test
    void callWithTwoTokensIsRejected() {
        Channel twice = ClientInterceptors.intercept(as("Bearer all"), attaching("Bearer next"));
        StatusAssert.hasStatus(Code.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED", () -> first(twice, PRESENCE));
    }

    @Test
    void clientSendsThePresentTokenWithEachCall() {
        AtomicReference<String> token = new AtomicReference<>("unknown");
        CheckRateRequest check =
                CheckRateRequest.newBuilder().setUserId(id).setAction("a").build();
        try (EphemeralClient client = EphemeralClient.builder(
                        "127.0.0.1:" + server.server().port())
                .plaintext()
                .deadline(SOON)
                .bearerToken(token::get)
                .build()) {
            StatusAssert.hasStatus(
                    Code.UNAUTHENTICATED,
                    "ERROR_REASON_UNAUTHENTICATED",
                    () -> client.rateLimits().checkRate(check));
            token.set("all");
            assertThat(client.rateLimits().checkRate(check).getAllowed()).isTrue();
        }
    }

    private OpenStream open(Channel channel, Rpc rpc) {
        OpenStream stream = send(channel, rpc, rpc.validRequest(id));
        stream.reader().awaitFirst(SOON, event -> true);
        return stream;
    }

    private static OpenStream send(Channel channel, Rpc rpc, Message request) {
        return new RpcCaller(channel).open(rpc).send(request);
    }

    private boolean isServed(Channel channel, Rpc rpc) {
        try {
            first(channel, rpc);
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    private void first(Channel channel, Rpc rpc) {
        first(channel, rpc, rpc.validRequest(id));
    }

    /** Sends a request, and waits for the first response or the status of a failure. */
    private static void first(Channel channel, Rpc rpc, Message request) {
        try (OpenStream stream = send(channel, rpc, request)) {
            StreamReader<?, ?> reader = stream.reader();
            Eventually.soon(
                    "a response", () -> reader.hasEnded() || !reader.all().isEmpty());
            if (reader.all().isEmpty()) {
                awaitEnd(reader);
            }
        }
    }

    private static void awaitEnd(StreamReader<?, ?> reader) {
        try {
            reader.awaitEnd();
        } catch (StatusRuntimeException e) {
            if (!RpcCaller.isUnsetFlag(e)) {
                throw e;
            }
        }
    }

    private static Channel as(String authorization) {
        return as(server, authorization);
    }

    private static Channel as(TestServer target, String authorization) {
        return ClientInterceptors.intercept(target.channel(), attaching(authorization));
    }

    private static ClientInterceptor attaching(String authorization) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    private static String right(Rpc rpc) {
        String service = String.valueOf(rpc.method().getServiceName());
        if (service.startsWith("flagd.")) {
            return "FeatureFlagService/GetFlag";
        }
        if (service.startsWith("envoy.")) {
            return rpc.method().getFullMethodName();
        }
        return service.substring(service.lastIndexOf('.') + 1) + "/"
                + rpc.method().getBareMethodName();
    }

    private static String everyRight() {
        return everyRpc().map(EveryRpcAsEveryCallerTest::right).distinct().collect(Collectors.joining(", ", "[", "]"));
    }

    private static String rights(String all) {
        StringBuilder yaml = new StringBuilder();
        yaml.append("all: {tokens: [%s, %s], may: %s}%n".formatted(sha256("all"), sha256("next"), all));
        yaml.append("none: {tokens: [%s]}%n".formatted(sha256("none")));
        yaml.append("prefixed: {tokens: [%s], may: %s, id_prefixes: [eu-, s, u]}%n".formatted(sha256("prefixed"), all));
        yaml.append(
                "flags: {tokens: [%s], may: [FeatureFlagService/GetFlag], features: [a]}%n".formatted(sha256("flags")));
        yaml.append("limited: {tokens: [%s], may: [RateLimitService], actions: [a]}%n".formatted(sha256("limited")));
        return yaml.toString();
    }

    private static String sha256(String token) {
        return Unchecked.call(() -> HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8))));
    }

    private static Path file() {
        return folder.resolve("callers.yaml");
    }

    private static void write(String yaml) {
        write(file(), yaml);
    }

    private static Path write(Path path, String content) {
        return Unchecked.call(() -> Files.writeString(path, content));
    }

    @SuppressWarnings("deprecation") // v1alpha is for older tools
    private static MethodDescriptor<?, ?> reflectionV1Alpha() {
        return io.grpc.reflection.v1alpha.ServerReflectionGrpc.getServerReflectionInfoMethod();
    }
}
