package io.flowhub.ephemeral.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("contract")
class ReloadedLevelTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void levelChangesWhileTheServerRunsAlsoOfWhatLogsThroughTheJdk() throws Exception {
        String yaml = "redis.url: " + TestRedis.url() + "\n";
        try (ServerProcess server = ServerProcess.startAsReleased(yaml)) {
            assertThat(server.log()).containsOnlyOnce(" INFO  ").contains(" INFO  server_started Ephemeral ");

            Files.writeString(server.config(), yaml + "log: {format: json, levels: {io.grpc: debug}}");
            Eventually.within(LIMIT, "a line of gRPC at DEBUG, and the lines of the reload", () -> {
                sendHttp1(server);
                return server.log().contains(" DEBUG ") && server.log().contains(" config_pending ");
            });
            assertThat(server.log())
                    .contains(" INFO  config_reloaded Reloaded log.levels from " + server.config())
                    .contains(" WARN  config_pending " + server.config()
                            + " changed, but needs a restart for log.format");
        }
    }

    private static void sendHttp1(ServerProcess server) throws IOException {
        try (Socket socket = server.socket()) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            var unused = socket.getInputStream().readAllBytes();
        } catch (SocketException e) { // closed before it has read all
        }
    }
}
