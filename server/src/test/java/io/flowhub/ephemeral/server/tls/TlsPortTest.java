package io.flowhub.ephemeral.server.tls;

import static io.flowhub.ephemeral.server.fixture.Eventually.soon;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("contract")
class TlsPortTest {

    private static final Duration YEAR = Duration.ofDays(365);

    private static final TestCertificate SERVER = TestCertificate.selfSigned("server");
    private static final TestCertificate CLIENTS = TestCertificate.selfSigned("clients");
    private static final TestCertificate STRANGERS = TestCertificate.selfSigned("strangers");

    @TempDir
    Path folder;

    private @Nullable Server server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private Server server() {
        return Objects.requireNonNull(server);
    }

    private void start(String more) throws Exception {
        write("server.crt", SERVER.certificatePem());
        write("server.key", SERVER.keyPem());
        write("clients.crt", CLIENTS.certificatePem());
        server = Server.start(
                TestServer.configuration("""
                redis.url: %s
                server.drain_timeout: 0s
                tls.certificate: %s/server.crt
                tls.key: %2$s/server.key
                """.formatted(TestRedis.url(), folder) + more.replace("@", folder + "/")));
        assertThat(server().initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .isTrue();
    }

    private void write(String name, String content) throws Exception {
        Files.writeString(folder.resolve(name), content);
    }

    @Test
    void tls12And13AreServedAndClearTextIsRefused() throws Exception {
        start("");
        try (CapturedLog log = CapturedLog.of(Server.class)) {
            server().logStart(true);
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .contains("127.0.0.1:" + server().port() + " with TLS");
        }
        for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
            assertThat(call(channel(client(SERVER).protocols(protocol))))
                    .as(protocol)
                    .isEqualTo(Status.Code.OK);
        }
        assertThat(call(channel(client(STRANGERS)))).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(call(NettyChannelBuilder.forAddress("127.0.0.1", server().port())
                        .usePlaintext()
                        .build()))
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void noSessionIsResumedBecauseThatSkipsTheCheckOfAClient(String protocol) throws Exception {
        start("");
        KeyStore trusted = KeyStore.getInstance(
                SERVER.trustStore(folder.resolve("trusted.p12")).toFile(), TestCertificate.PASSWORD.toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);

        assertThat(sessionCreated(context, protocol)).isLessThan(sessionCreated(context, protocol));
    }

    private long sessionCreated(SSLContext context, String protocol) throws Exception {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server().port())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setProtocols(new String[] {protocol});
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            assertThat(socket.getInputStream().read()).isNotNegative(); // tickets come before
            return socket.getSession().getCreationTime();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPTIONAL", "REQUIRED"})
    void certificatesOfClientsAreChecked(TlsSettings.ClientAuth clientAuth) throws Exception {
        start("tls.client_ca: @clients.crt\ntls.client_auth: " + clientAuth);

        assertThat(call(channel(client(SERVER))))
                .as("none")
                .isEqualTo(clientAuth == TlsSettings.ClientAuth.OPTIONAL ? Status.Code.OK : Status.Code.UNAVAILABLE);
        TestCertificate right = CLIENTS.issue("a", YEAR);
        assertThat(callAs(right)).as("right").isEqualTo(Status.Code.OK);
        write("client.crt", right.certificatePem());
        write("client.key", right.keyPem());
        ChannelCredentials documented = TlsChannelCredentials.newBuilder()
                .trustManager(folder.resolve("server.crt").toFile())
                .keyManager(
                        folder.resolve("client.crt").toFile(),
                        folder.resolve("client.key").toFile())
                .build();
        try (EphemeralClient client = EphemeralClient.builder("127.0.0.1:" + server().port())
                .credentials(documented)
                .deadline(Duration.ofSeconds(20))
                .build()) {
            assertThat(client.budget()
                            .getBudget(GetBudgetRequest.getDefaultInstance())
                            .getMaxBytes())
                    .isPositive();
        }
        assertThat(callAs(STRANGERS.issue("a", YEAR))).as("other authority").isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(callAs(CLIENTS.issue("a", Duration.ofMinutes(-1))))
                .as("expired")
                .isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(callAs(CLIENTS.issue("a", YEAR).issue("b", YEAR)))
                .as("issued by a client")
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void changedFilesApplyToNewConnectionsWhileNoCallOnAnOpenOneFails() throws Exception {
        start("tls.client_ca: @clients.crt\ntls.client_auth: required");
        TestCertificate next = TestCertificate.selfSigned("next");
        TestCertificate client = CLIENTS.issue("a", YEAR);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger calls = new AtomicInteger();
        AtomicReference<Status.Code> failure = new AtomicReference<>();
        ManagedChannel open = channel(identified(SERVER, client));
        Thread caller = new Thread(() -> {
            while (!stop.get() && failure.get() == null) {
                Status.Code code = callOn(open);
                calls.incrementAndGet();
                if (code != Status.Code.OK) {
                    failure.set(code);
                }
            }
        });
        caller.start();
        try (CapturedLog log = CapturedLog.of(PortCredentials.class)) {
            write("server.key", next.keyPem());
            soon("the pair is rejected", () -> !log.messages(Level.ERROR).isEmpty());
            assertThat(call(channel(identified(SERVER, client)))).isEqualTo(Status.Code.OK);

            write("server.crt", next.certificatePem());
            write("clients.crt", STRANGERS.certificatePem());
            soon("the files are reloaded", () -> !log.messages(Level.INFO).isEmpty());
            assertThat(call(channel(identified(next, STRANGERS.issue("b", YEAR)))))
                    .isEqualTo(Status.Code.OK);
            assertThat(call(channel(identified(SERVER, STRANGERS.issue("b", YEAR)))))
                    .as("trusts the former certificate only")
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(call(channel(identified(next, client))))
                    .as("of the former authority")
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(log.messages(Level.ERROR))
                    .singleElement()
                    .asString()
                    .contains("server.key is not the key of the first certificate", "keeping the previous ones");
        } finally {
            int before = calls.get();
            soon("calls go on", () -> failure.get() != null || calls.get() > before);
            stop.set(true);
            caller.join();
            open.shutdownNow();
        }
        assertThat(failure.get()).isNull();
    }

    @Test
    void revokedCertificatesAreRefusedAndSoAreAllOfAnAuthorityWhoseListExpired() throws Exception {
        TestCertificate revoked = CLIENTS.issue("revoked", YEAR);
        TestCertificate good = CLIENTS.issue("good", YEAR);
        write("clients.crl", CLIENTS.revocationListPem(YEAR));
        start("tls.client_ca: @clients.crt\ntls.client_auth: required\ntls.client_crl: @clients.crl");
        assertThat(callAs(good)).isEqualTo(Status.Code.OK);
        ManagedChannel open = channel(identified(SERVER, revoked));
        assertThat(callOn(open)).as("not yet revoked").isEqualTo(Status.Code.OK);

        try (CapturedLog log = CapturedLog.of(PortCredentials.class)) {
            write("clients.crl", CLIENTS.revocationListPem(YEAR, CLIENTS.issue("other", YEAR), revoked));
            soon("the list is reloaded", () -> log.messages(Level.INFO).size() == 1);
            assertThat(callAs(revoked)).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(callAs(good)).isEqualTo(Status.Code.OK);
            assertThat(callOn(open)).as("on an open connection").isEqualTo(Status.Code.OK);

            write("clients.crl", STRANGERS.revocationListPem(YEAR));
            soon(
                    "a list of another authority is rejected",
                    () -> !log.messages(Level.ERROR).isEmpty());
            assertThat(callAs(revoked)).isEqualTo(Status.Code.UNAVAILABLE);

            write("clients.crl", CLIENTS.revocationListPem(Duration.ofHours(-1)));
            soon("the expired list is used", () -> log.messages(Level.INFO).size() == 2);
            assertThat(callAs(good)).as("expired list").isEqualTo(Status.Code.UNAVAILABLE);
        } finally {
            open.shutdownNow();
        }
    }

    private Status.Code callAs(TestCertificate client) throws Exception {
        return call(channel(identified(SERVER, client)));
    }

    private static SslContextBuilder client(TestCertificate trusted) {
        return GrpcSslContexts.forClient().trustManager(trusted.certificate());
    }

    private static SslContextBuilder identified(TestCertificate trusted, TestCertificate client) {
        return client(trusted).keyManager(client.key(), client.certificate());
    }

    private ManagedChannel channel(SslContextBuilder context) throws Exception {
        return NettyChannelBuilder.forAddress("127.0.0.1", server().port())
                .sslContext(context.build())
                .build();
    }

    private static Status.Code call(ManagedChannel channel) {
        try {
            return callOn(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    private static Status.Code callOn(ManagedChannel channel) {
        try {
            HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance());
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }
}
