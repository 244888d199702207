package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("contract")
class ReloadMetricsTest {

    @TempDir
    private Path folder;

    @Test
    @SuppressWarnings("try") // the server only watches its files
    void appliedAndRejectedFilesAreCountedFromZeroOn() throws Exception {
        Path callers = Files.writeString(folder.resolve("callers.yaml"), "anonymous: {may: [Health]}\n");
        String settings = "redis.url: " + TestRedis.url() + "\nadmin.port: 0\ncallers.file: " + callers;
        PrometheusRegistry registry = new PrometheusRegistry();
        try (Server server = Server.start(TestServer.configuration(settings), registry)) {
            for (String file : new String[] {"config", "callers"}) {
                assertThat(page(registry)).contains(line(file, "applied", 0), line(file, "rejected", 0));
            }

            Files.writeString(callers, "anonymous: {may: [Nothing]}\n");
            Eventually.soon("rejected", () -> page(registry).contains(line("callers", "rejected", 1)));
            Files.writeString(callers, "anonymous: {may: [Health, BudgetService]}\n");
            Eventually.soon("applied", () -> page(registry).contains(line("callers", "applied", 1)));

            server.onRejectedReload();
            server.reload(TestServer.configuration(settings));
            assertThat(page(registry)).contains(line("config", "rejected", 1), line("config", "applied", 1));
        }
    }

    private static String line(String file, String result, int count) {
        return "ephemeral_config_reloads_total{file=\"" + file + "\",result=\"" + result + "\"} " + count + ".0\n";
    }

    private static String page(PrometheusRegistry registry) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, registry.scrape());
        return out.toString(StandardCharsets.UTF_8);
    }
}
