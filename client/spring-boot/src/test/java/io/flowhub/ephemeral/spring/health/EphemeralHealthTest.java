package io.flowhub.ephemeral.spring.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.spring.fixture.LimitServer;
import io.flowhub.ephemeral.spring.fixture.PlainApplication;
import io.flowhub.ephemeral.spring.fixture.RunningApplication;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class EphemeralHealthTest {

    @Test
    void healthFollowsTheReadinessOfTheServer() throws Exception {
        try (LimitServer server = LimitServer.start();
                RunningApplication application = RunningApplication.start(PlainApplication.class, server)) {
            assertHealth(application, 200, "\"status\":\"UP\"", "\"readiness\":\"SERVING\"");

            server.ready(false);
            assertHealth(application, 503, "\"status\":\"DOWN\"", "\"readiness\":\"NOT_SERVING\"");

            server.stop();
            assertHealth(application, 503, "\"status\":\"DOWN\"", "UNAVAILABLE");
        }
    }

    @Test
    void healthCanBeSwitchedOff() throws Exception {
        try (LimitServer server = LimitServer.start();
                RunningApplication application = RunningApplication.start(
                        PlainApplication.class, server, "management.health.ephemeral.enabled=false")) {
            assertThat(application.get("/actuator/health/ephemeral").statusCode())
                    .isEqualTo(404);
        }
    }

    private static void assertHealth(RunningApplication application, int status, String... parts) throws Exception {
        HttpResponse<String> health = application.get("/actuator/health/ephemeral");
        assertThat(health.statusCode()).isEqualTo(status);
        assertThat(health.body()).contains(parts);
    }
}
