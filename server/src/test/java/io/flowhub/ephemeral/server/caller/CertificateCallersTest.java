package io.flowhub.ephemeral.server.caller;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.grpc.ChannelCredentials;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callers that prove themselves with a client certificate. */
@Tag("contract")
class CertificateCallersTest {

    private static final Duration YEAR = Duration.ofDays(365);
    private static final String GATEWAY = "spiffe://flowhub.io/gateway";

    private static final TestCertificate SERVER = TestCertificate.selfSigned("server");
    private static final TestCertificate CLIENTS = TestCertificate.selfSigned("clients");

    @TempDir
    private Path folder;

    @Test
    void callerIsTheOneThatANameInTheCertificateIsListedFor() throws Exception {
        String settings = """
                redis.url: %s
                server.drain_timeout: 0s
                tls.certificate: %s
                tls.key: %s
                tls.client_ca: %s
                tls.client_auth: optional
                callers.file: %s
                """.formatted(
                        TestRedis.url(),
                        write("server.crt", SERVER.certificatePem()),
                        write("server.key", SERVER.keyPem()),
                        write("clients.crt", CLIENTS.certificatePem()),
                        write("callers.yaml", """
                                gateway: {certificates: ['%s'], may: [RateLimitService]}
                                anonymous: {may: [CacheService]}
                                """.formatted(GATEWAY)));
        try (Server server = Server.start(TestServer.configuration(settings))) {
            server.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
            TestCertificate right = CLIENTS.issue("a", YEAR, "spiffe://flowhub.io/other", GATEWAY);

            assertThat(checkRate(server, right)).isEqualTo(Code.OK);
            assertThat(call(server, right, client -> {
                        var unused = client.cache()
                                .getCachedUser(GetCachedUserRequest.newBuilder()
                                        .setId("a")
                                        .build());
                    }))
                    .isEqualTo(Code.PERMISSION_DENIED);
            assertThat(checkRate(server, CLIENTS.issue("a", YEAR)))
                    .as("a certificate without a caller is not anonymous")
                    .isEqualTo(Code.UNAUTHENTICATED);
            assertThat(checkRate(server, null)).as("anonymous").isEqualTo(Code.PERMISSION_DENIED);
        }
    }

    private static Code checkRate(Server server, @Nullable TestCertificate certificate) {
        return call(server, certificate, client -> {
            var unused = client.rateLimits()
                    .checkRate(CheckRateRequest.newBuilder()
                            .setUserId(UniqueIds.next())
                            .setAction("api_hits")
                            .build());
        });
    }

    private static Code call(Server server, @Nullable TestCertificate certificate, Consumer<EphemeralClient> rpc) {
        try (EphemeralClient client = EphemeralClient.builder("127.0.0.1:" + server.port())
                .credentials(credentials(certificate))
                .deadline(Duration.ofSeconds(20))
                .build()) {
            rpc.accept(client);
            return Code.OK;
        } catch (StatusRuntimeException e) {
            return Status.fromThrowable(e).getCode();
        }
    }

    private static ChannelCredentials credentials(@Nullable TestCertificate certificate) {
        try {
            TlsChannelCredentials.Builder builder =
                    TlsChannelCredentials.newBuilder().trustManager(stream(SERVER.certificatePem()));
            return certificate == null
                    ? builder.build()
                    : builder.keyManager(stream(certificate.certificatePem()), stream(certificate.keyPem()))
                            .build();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }

    private Path write(String name, String content) throws Exception {
        return Files.writeString(folder.resolve(name), content);
    }
}
