package io.flowhub.ephemeral.server.admin;

import static io.flowhub.ephemeral.server.fixture.Eventually.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The HTTP listener of a running server. */
@Tag("contract")
class AdminListenerTest {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final int port = FreePorts.next();

    @TempDir
    private Path folder;

    @Test
    void probesAndMetricsFollowTheServer() throws Exception {
        TestCertificate authority = TestCertificate.selfSigned("authority");
        TestCertificate certificate = authority.issue("server", Duration.ofDays(20));
        String crt = write("server.crt", certificate.certificatePem() + authority.certificatePem());
        String ca = write("ca.crt", authority.certificatePem());
        String tls = "tls: {certificate: %s, key: %s, client_ca: %s, client_auth: optional}"
                .formatted(crt, write("server.key", certificate.keyPem()), ca);
        try (TestServer server = TestServer.withRedis("admin.port: " + port, tls)) {
            assertThat(get("/livez").statusCode()).isEqualTo(200);
            assertThat(get("/readyz").body()).isEqualTo("ready\n");
            assertThat(get("/version").body())
                    .isEqualTo("{\"version\": \"(not packaged)\", \"java\": \"" + Runtime.version() + "\"}\n");
            HttpResponse<String> metrics = get("/metrics");
            assertThat(metrics.headers().firstValue("Content-Type"))
                    .hasValue("text/plain; version=0.0.4; charset=utf-8");
            assertThat(metrics.body().lines())
                    .contains(
                            "# TYPE ephemeral_ready gauge",
                            "ephemeral_ready 1.0",
                            "ephemeral_build_info{java=\"" + Runtime.version() + "\",version=\"(not packaged)\"} 1")
                    .anyMatch(line -> line.startsWith("jvm_memory_used_bytes"));
            assertThat(value(metrics.body(), "ephemeral_tls_expiry_timestamp_seconds{setting=\"tls.certificate\"}"))
                    .isEqualTo(seconds(certificate));
            assertThat(value(metrics.body(), "ephemeral_tls_expiry_timestamp_seconds{setting=\"tls.client_ca\"}"))
                    .isEqualTo(seconds(authority));

            server.redis().kill();
            soon("it is not ready", () -> get("/readyz").statusCode() == 503);
            assertThat(get("/metrics").body()).contains("\nephemeral_ready 0.0\n");
            assertThat(get("/livez").statusCode()).isEqualTo(200);
        }
        assertThatThrownBy(() -> get("/livez")).isInstanceOf(IOException.class);
    }

    @Test
    @SuppressWarnings("try") // the server only listens
    void everythingButReadingIsRefused() throws Exception {
        try (TestServer server = TestServer.shared("admin.port: " + port)) {
            assertThat(get("/metric").statusCode()).isEqualTo(404);
            assertThat(get("/metrics/..").statusCode()).isEqualTo(404);
            for (String method : List.of("POST", "DELETE", "PUT")) {
                HttpResponse<String> response = send(method, "/metrics");
                assertThat(response.statusCode()).isEqualTo(405);
                assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
            }
            HttpResponse<String> head = send("HEAD", "/metrics");
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.body()).isEmpty();
        }
    }

    @Test
    @SuppressWarnings("try") // the server only listens
    void configurationIsShownWithOriginsAndWithoutSecrets() throws Exception {
        try (TestServer server = TestServer.withRedis(
                "admin.port: " + port, "otp.pepper: " + "swordfish".repeat(4), "redis.username: default")) {
            HttpResponse<String> page = get("/config");

            assertThat(page.headers().firstValue("Content-Type")).hasValue("application/json");
            assertThat(page.body())
                    .startsWith(
                            "{\"settings\":[{\"name\":\"server.host\",\"value\":\"127.0.0.1\",\"origin\":\"default\"}")
                    .contains("{\"name\":\"server.port\",\"value\":\"0\",\"origin\":\"--port\"}")
                    .contains("{\"name\":\"otp.pepper\",\"value\":\"(redacted)\",\"origin\":\"/")
                    .doesNotContain("swordfish");
        }
    }

    @Test
    @SuppressWarnings("try") // the server only listens
    void pageOfANameThatResolvesToLoopbackReadsNothing() throws Exception {
        try (TestServer server = TestServer.shared("admin.port: " + port)) {
            for (String host : List.of("localhost", "LOCALHOST:1", "127.0.0.1:" + port, "[::1]:9091", "10.0.0.1")) {
                assertThat(statusOf("/config", host)).as(host).startsWith("HTTP/1.1 200 ");
            }
            for (String host : List.of("evil.example", "localhost.evil.example:" + port, "1.evil", "[::1].evil", "")) {
                assertThat(statusOf("/config", host)).as(host).startsWith("HTTP/1.1 403 ");
                assertThat(statusOf("/metrics", host)).as(host).startsWith("HTTP/1.1 403 ");
            }
        }
    }

    /** The first line of the response to a request with this header, which Java's client does not let a program set. */
    private String statusOf(String path, String host) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                            .formatted(path, host)
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    @SuppressWarnings("try") // the server only listens
    void silentConnectionsDoNotDelayProbesAndTooManyAreClosed() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try (TestServer server = TestServer.shared("admin.port: " + port)) {
            for (int i = 0; i < 20; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                silent.add(socket);
                socket.getOutputStream()
                        .write("GET /livez HTTP/1.1\r\nHost: a\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(get("/livez").statusCode()).isEqualTo(200);
            silent.get(0).setSoTimeout(1);
            assertThatThrownBy(() -> silent.get(0).getInputStream().read())
                    .as("still open")
                    .isInstanceOf(SocketTimeoutException.class);
            for (int i = 0; i < 20; i++) {
                silent.add(new Socket(InetAddress.getLoopbackAddress(), port));
            }
            silent.get(39).setSoTimeout(20_000);
            assertThat(silent.get(39).getInputStream().read()).as("closed").isEqualTo(-1);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    @SuppressWarnings("try") // the servers only start
    void takenPortIsAnErrorIfItWasChosenAndAWarningIfNot() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            AdminSettings chosen = new AdminSettings("127.0.0.1", taken.getLocalPort());
            assertThatThrownBy(() -> AdminListener.open(chosen, Map::of))
                    .isInstanceOf(IOException.class)
                    .hasMessage("admin.port: 127.0.0.1:" + taken.getLocalPort() + ": Address already in use");
        }
        AdminSettings unset = new AdminSettings("127.0.0.1", null);
        try (CapturedLog log = CapturedLog.of(AdminListener.class);
                AdminListener first = AdminListener.open(unset, Map::of);
                AdminListener second = AdminListener.open(unset, Map::of)) {
            assertThat(log.messages(Level.WARN))
                    .contains(
                            "No metrics and no HTTP probes: 127.0.0.1:9091 is taken (set admin.port to another one, or"
                                    + " to 0)");
        }
    }

    private static long seconds(TestCertificate certificate) {
        return certificate.certificate().getNotAfter().toInstant().getEpochSecond();
    }

    private static long value(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send("GET", path);
    }

    private HttpResponse<String> send(String method, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, BodyPublishers.ofByteArray(new byte[0]))
                .timeout(Duration.ofSeconds(20))
                .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    private String write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content).toString();
    }
}
