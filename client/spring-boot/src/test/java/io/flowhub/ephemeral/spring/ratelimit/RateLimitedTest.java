package io.flowhub.ephemeral.spring.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Code;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.spring.fixture.LimitServer;
import io.flowhub.ephemeral.spring.fixture.RunningApplication;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class RateLimitedTest {

    private static final LimitServer SERVER = LimitServer.start();
    private static final RunningApplication APPLICATION = RunningApplication.start(LoginApplication.class, SERVER);

    @BeforeEach
    void serve() {
        SERVER.failure = null;
        SERVER.isSilent = false;
        SERVER.checks.clear();
    }

    @AfterAll
    static void stop() {
        APPLICATION.close();
        SERVER.close();
    }

    private static HttpResponse<String> login(String path, String user) throws Exception {
        return APPLICATION.post(path, "{\"user\":\"" + user + "\",\"password\":\"secret\"}");
    }

    private static String header(HttpResponse<String> response, String name) {
        return String.join(",", response.headers().allValues(name));
    }

    @Test
    void sixthLoginIsDeniedWithRetryAfter() throws Exception {
        for (int remaining = 4; remaining >= 0; remaining--) {
            HttpResponse<String> allowed = login("/login", "alice");
            assertThat(allowed.statusCode()).isEqualTo(200);
            assertThat(allowed.body()).isEqualTo("welcome");
            assertThat(header(allowed, "RateLimit-Limit")).isEqualTo("5");
            assertThat(header(allowed, "RateLimit-Remaining")).isEqualTo(Integer.toString(remaining));
            assertThat(header(allowed, "RateLimit-Reset")).isEqualTo("60"); // 59.000000001 s, rounded up
            assertThat(header(allowed, "Retry-After")).isEmpty();
        }

        HttpResponse<String> denied = login("/login", "alice");
        assertThat(denied.statusCode()).isEqualTo(429);
        assertThat(header(denied, "Retry-After")).isEqualTo("42"); // 41.2 s, rounded up
        assertThat(header(denied, "RateLimit-Limit")).isEqualTo("5");
        assertThat(header(denied, "RateLimit-Remaining")).isEqualTo("0");
        assertThat(denied.body()).doesNotContain("alice", "secret");

        assertThat(login("/login", "bob").statusCode()).isEqualTo(200);
        assertThat(SERVER.checks).extracting(CheckRateRequest::getRequestId).doesNotHaveDuplicates();
    }

    @Test
    void openLimitLetsCallsPassWhileEphemeralIsUnavailable() throws Exception {
        SERVER.failure = Statuses.unavailable(Duration.ofMinutes(1)); // Too long for a retry.

        HttpResponse<String> allowed = login("/login-open", "carol");
        assertThat(allowed.statusCode()).isEqualTo(200);
        assertThat(header(allowed, "RateLimit-Limit")).isEmpty();
        assertThat(login("/login", "carol").statusCode()).isEqualTo(200);
    }

    @Test
    void closedLimitFailsCallsWhileEphemeralIsUnavailable() throws Exception {
        SERVER.failure = Statuses.unavailable(Duration.ofMinutes(1));

        HttpResponse<String> failed = login("/login-closed", "carol");
        assertThat(failed.statusCode()).isEqualTo(503);
        assertThat(header(failed, "Retry-After")).isEqualTo("60");

        SERVER.failure = Statuses.status(Code.RESOURCE_EXHAUSTED, Statuses.info("ERROR_REASON_OVERLOADED"));
        HttpResponse<String> withoutDelay = login("/login-closed", "carol");
        assertThat(withoutDelay.statusCode()).isEqualTo(503);
        assertThat(header(withoutDelay, "Retry-After")).isEmpty();
    }

    @Test
    void silentServerDelaysCallsUntilTheDeadlineOnly() throws Exception {
        try (RunningApplication hasty = RunningApplication.start(
                LoginApplication.class,
                SERVER,
                "ephemeral.client.deadline=1h", // Not what ends the calls.
                "ephemeral.client.rate-limit.deadline=200ms",
                "ephemeral.client.rate-limit.on-unavailable=closed")) {
            SERVER.isSilent = true;

            assertThat(hasty.post("/login", "{\"user\":\"dora\"}").statusCode()).isEqualTo(503);
            assertThat(hasty.post("/login-open", "{\"user\":\"dora\"}").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void mistakesFailTheCallWhateverThePolicy() throws Exception {
        SERVER.failure = Statuses.status(Code.NOT_FOUND, Statuses.info("ERROR_REASON_UNKNOWN_ACTION"));

        assertThat(login("/login-open", "carol").statusCode()).isEqualTo(500);

        SERVER.failure = Statuses.status(Code.RESOURCE_EXHAUSTED, Statuses.info("ERROR_REASON_QUOTA_EXCEEDED"));
        assertThat(login("/login-open", "carol").statusCode()).isEqualTo(500);
    }

    @Test
    void overloadFollowsThePolicy() throws Exception {
        SERVER.failure = Statuses.status(Code.RESOURCE_EXHAUSTED, Statuses.info("ERROR_REASON_OVERLOADED"));

        assertThat(login("/login-open", "carol").statusCode()).isEqualTo(200);
    }

    @Test
    void keyIsEscapedAndBounded() throws Exception {
        assertThat(login("/login", "user:123 {x}").statusCode()).isEqualTo(200);
        assertThat(SERVER.checks.get(0).getUserId()).isEqualTo("user%3A123%20%7Bx%7D");
        SERVER.checks.clear();

        assertThat(login("/login", "").statusCode()).isEqualTo(400);
        assertThat(APPLICATION.post("/login", "{}").statusCode()).isEqualTo(400);
        assertThat(login("/login", "x".repeat(129)).statusCode()).isEqualTo(400);
        assertThat(SERVER.checks).isEmpty();
    }

    @Test
    void limitsOfOneHandlerAreCheckedInTheirOrder() throws Exception {
        HttpResponse<String> allowed = login("/login-twice", "erin");
        assertThat(allowed.statusCode()).isEqualTo(200);
        assertThat(SERVER.checks)
                .extracting(CheckRateRequest::getAction)
                .containsExactly("logins_of_address", "login_attempts");
        assertThat(SERVER.checks.get(0).getUserId()).isEqualTo("127.0.0.1");
        assertThat(header(allowed, "RateLimit-Remaining")).isEqualTo("4");
    }

    @Test
    void ownAnnotationsCanCarryALimit() throws Exception {
        assertThat(APPLICATION.get("/search/tea").statusCode()).isEqualTo(200);
        assertThat(SERVER.checks.get(0).getAction()).isEqualTo("search");
        assertThat(SERVER.checks.get(0).getUserId()).isEqualTo("tea");
    }

    @Test
    void handlerWithoutLimitIsNotChecked() throws Exception {
        assertThat(APPLICATION.get("/free").statusCode()).isEqualTo(200);
        assertThat(SERVER.checks).isEmpty();
    }

    @Test
    void limitThatWouldHaveNoEffectIsRejected() {
        HandlerLimits limits = new HandlerLimits();
        assertThatThrownBy(() -> limits.isLimited(WithFinalHandler.class))
                .hasMessageContaining("no effect")
                .hasMessageContaining("WithFinalHandler.handle");
        assertThatThrownBy(() -> limits.isLimited(WithBrokenKey.class)).hasMessageContaining("\"#user.\"");
    }

    @Test
    void reactiveApplicationDoesNotStartWithALimit() {
        var rejection = ReactiveRateLimitedAutoConfiguration.rateLimitedRejection();
        assertThatThrownBy(() ->
                        rejection.postProcessAfterInitialization(new LoginApplication.LoginController(), "controller"))
                .hasMessageContaining("no effect")
                .hasMessageContaining("reactive");
    }

    static class WithFinalHandler {

        @RateLimited(action = "any", key = "'all'")
        final void handle() {}
    }

    static class WithBrokenKey {

        @RateLimited(action = "any", key = "#user.")
        void handle(String user) {}
    }
}
