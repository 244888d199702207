package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Peers that speak no gRPC, as health checks and port scanners do. */
@Tag("contract")
class StrangersTest {

    @ParameterizedTest
    @CsvSource(textBlock = """
            text; \\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z (INFO |WARN ) \\w+ .*
            json; \\{"time":"\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z","level":"(INFO|WARN)","logger":"[\\w.]+",.*}
            """, delimiter = ';', quoteCharacter = '`')
    void whatIsNoHttp2IsAFewLinesOfTheLog(String format, String shape) throws Exception {
        String yaml = "redis.url: " + TestRedis.url() + "\nlog.format: " + format;
        try (ServerProcess server = ServerProcess.startAsReleased(yaml)) {
            for (int i = 0; i < 50; i++) {
                send(server, "GET /\n2026-01-01T00:00:00.000Z INFO  Server Stopped HTTP/1.1\r\n\r\n");
                send(server, "\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000"); // hello of TLS
            }
            Eventually.soon("a line", () -> server.log().contains("Unexpected HTTP/1.x request: GET /"));
            assertThat(server.log().lines())
                    .hasSizeLessThan(20)
                    .allMatch(line -> line.matches(shape))
                    .noneMatch(line -> line.contains("INFO  Server Stopped") && line.startsWith("2026-01-01"));
        }
    }

    /** Returns when the server has closed the connection. */
    private static void send(ServerProcess server, String text) throws Exception {
        try (Socket socket = server.socket()) {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            socket.getInputStream().readAllBytes();
        } catch (SocketException e) { // closed before it has read all
        }
    }
}
