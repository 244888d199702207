package io.flowhub.ephemeral.server.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.grpc.Status.Code;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import redis.clients.jedis.params.SetParams;

/** The contract of login tokens on every topology, with two server processes. */
@Tag("contract")
@OnSingleAndCluster
class LoginTokenContractTest extends TwoServersSuite {

    private static final int CALLERS = 32;
    private static final int ROUNDS = 10;

    private TokenCalls first;
    private TokenCalls second;

    @BeforeParameterizedClassInvocation
    void connect() {
        first = TokenCalls.on(servers.first());
        second = TokenCalls.on(servers.second());
    }

    @Test
    void tokenIs256BitsAndRedisStoresItsDigest() throws Exception {
        String user = UniqueIds.next();
        String token = first.issue(user).getToken();
        assertThat(token).matches("[A-Za-z0-9_-]{43}");
        assertThat(Base64.getUrlDecoder().decode(token)).hasSize(32);
        assertThat(redis.get(key(user))).isEqualTo(digest(user, "login", token));
    }

    @Test
    void neitherRedisNorLogsContainAToken() throws Exception {
        String user = UniqueIds.next();
        String consumed = first.issue(user).getToken();
        first.isValid(user, consumed);
        first.consume(user, TokenCalls.WRONG, "r");
        first.consume(user, consumed, "r");
        String active = second.issue(user).getToken();
        first.revoke(user, consumed);
        StatusAssert.invalidField("token", () -> first.consume(user, active + "x"));
        redis.hset(key(user + "2"), "a", "b");
        redis.pexpire(key(user + "2"), 60_000);
        assertRejected(() -> first.consume(user + "2", active, "r"));
        Stream.of(consumed, active, TokenCalls.WRONG).forEach(token -> {
            assertThat(topology.dump()).contains(user).doesNotContain(token);
            assertThat(servers.logs()).contains("Serving").doesNotContain(token);
        });
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesOnTwoServersWins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            String token = first.issue(user).getToken();
            assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, token)))
                    .filteredOn(consumed -> consumed)
                    .hasSize(1);
        }
    }

    @Test
    void exactlyOneOf32ConcurrentRequestIdsOnTwoServersWins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            String token = first.issue(user).getToken();
            assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, token, "r" + i)))
                    .filteredOn(consumed -> consumed)
                    .hasSize(1);
        }
    }

    @Test
    void requestRepeatedConcurrentlyGetsTheSameResult() throws Exception {
        String user = UniqueIds.next();
        String token = first.issue(user).getToken();
        assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, token, "r")))
                .containsOnly(true);
        assertThat(first.consume(user, token, "other")).isFalse();
    }

    @Test
    void wrongTokensDoNotAffectTheRightOne() throws Exception {
        String user = UniqueIds.next();
        String token = first.issue(user).getToken();
        long left = redis.pttl(key(user));
        assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, wrong(i), i % 3 == 0 ? "" : "r")))
                .containsOnly(false);
        assertThat(first.revoke(user, TokenCalls.WRONG)).isFalse();
        assertThat(redis.pttl(key(user))).isBetween(left - 10_000, left);
        assertThat(redis.exists(requestKey(user, "r"))).isFalse();
        assertThat(first.consume(user, token)).isTrue();
    }

    @Test
    void newTokenInvalidatesTheOldOne() throws Exception {
        String user = UniqueIds.next();
        String old = first.issue(user).getToken();
        String token = second.issue(user).getToken();
        assertThat(first.isValid(user, old)).isFalse();
        assertThat(first.consume(user, old)).isFalse();
        assertThat(first.consume(user, token)).isTrue();

        List<IssueLoginTokenResponse> issued =
                Concurrently.run(CALLERS, i -> server(i).issue(user));
        assertThat(issued)
                .filteredOn(one -> first.isValid(user, one.getToken()))
                .as("valid tokens of those issued concurrently")
                .hasSize(1);
    }

    @Test
    void tokenExpiresAfterTenMinutes() {
        String user = UniqueIds.next();
        IssueLoginTokenResponse issued = first.issue(user);
        long left = redis.pttl(key(user));
        assertThat(left).isBetween(590_000L, 600_000L);
        assertThat(Math.abs(millis(issued.getExpireTime()) - redis.pexpireTime(key(user))))
                .as("ms between expire_time and the expiry in Redis")
                .isLessThanOrEqualTo(50);

        redis.pexpire(key(user), 1);
        Eventually.within(Duration.ofSeconds(5), "the key expires", () -> !redis.exists(key(user)));
        assertThat(first.verify(user, issued.getToken()).hasExpireTime()).isFalse();
        assertThat(first.isValid(user, issued.getToken())).isFalse();
        assertThat(first.consume(user, issued.getToken())).isFalse();
    }

    @Test
    void verifyNeverConsumesAToken() throws Exception {
        String user = UniqueIds.next();
        IssueLoginTokenResponse issued = first.issue(user);
        redis.pexpire(key(user), 300_000);
        assertThat(Concurrently.run(CALLERS, i -> server(i).isValid(user, issued.getToken())))
                .containsOnly(true);
        assertThat(first.isValid(user, TokenCalls.WRONG)).isFalse();
        assertThat(redis.pttl(key(user))).isBetween(290_000L, 300_000L);
        long expireMillis = millis(first.verify(user, issued.getToken()).getExpireTime());
        assertThat(Math.abs(expireMillis - redis.pexpireTime(key(user)))).isLessThanOrEqualTo(50);
        assertThat(first.consume(user, issued.getToken())).isTrue();
    }

    @Test
    void tokenIsInvalidForAnotherUserOrPurpose() throws Exception {
        String user = UniqueIds.next();
        String other = UniqueIds.next();
        String token = first.issue(user).getToken();
        storeDigest(other, redis.get(key(user))); // as an attacker with write access to Redis could
        assertThat(first.isValid(other, token)).isFalse();
        assertThat(first.consume(other, token)).isFalse();

        storeDigest(other, digest(other, "password_reset", token));
        assertThat(first.consume(other, token)).isFalse();
        storeDigest(other, digest(other, "login", token));
        assertThat(first.consume(other, token))
                .as("control: the digest of this user and purpose matches")
                .isTrue();
        assertThat(first.consume(user, token)).isTrue();
    }

    @Test
    void repeatedRequestGetsTheSameResultForAMinute() throws Exception {
        String user = UniqueIds.next();
        String token = first.issue(user).getToken();
        assertThat(first.consume(user, token, "r")).isTrue();
        assertThat(redis.exists(key(user))).isFalse();
        assertThat(redis.get(requestKey(user, "r"))).isEqualTo(digest(user, "login", token));
        assertThat(redis.pttl(requestKey(user, "r"))).isBetween(50_000L, 60_000L);

        assertThat(second.consume(user, token, "r")).isTrue();
        assertThat(second.consume(user, token, "s")).as("another request").isFalse();
        assertThat(second.consume(user, token)).as("no request").isFalse();
        assertThat(second.consume(user, TokenCalls.WRONG, "r"))
                .as("another token")
                .isFalse();
        assertThat(redis.pttl(requestKey(user, "r"))).as("not extended").isLessThanOrEqualTo(60_000L);

        redis.del(requestKey(user, "r"));
        assertThat(first.consume(user, token, "r")).as("after the minute").isFalse();
    }

    @Test
    void repeatedRequestDoesNotConsumeANewToken() {
        String user = UniqueIds.next();
        String old = first.issue(user).getToken();
        assertThat(first.consume(user, old, "r")).isTrue();
        String token = first.issue(user).getToken();
        assertThat(first.consume(user, old, "r")).isTrue();
        assertThat(first.isValid(user, token)).isTrue();
    }

    @Test
    void revokedTokenIsInvalid() {
        String user = UniqueIds.next();
        assertThat(first.revoke(user, "")).isFalse();
        String token = first.issue(user).getToken();
        assertThat(second.revoke(user, "")).isTrue();
        assertThat(first.consume(user, token)).isFalse();
        assertThat(first.revoke(user, "")).isFalse();
    }

    @Test
    void revokingAnOldTokenDoesNotAffectTheNewOne() {
        String user = UniqueIds.next();
        String old = first.issue(user).getToken();
        String token = first.issue(user).getToken();
        assertThat(first.revoke(user, old)).isFalse();
        assertThat(first.isValid(user, token)).isTrue();
        assertThat(first.revoke(user, token)).isTrue();
        assertThat(first.isValid(user, token)).isFalse();
        assertThat(first.revoke(user, token)).isFalse();
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndReplacedByANewToken() {
        String user = UniqueIds.next();
        redis.hset(key(user), "a", "b");
        redis.pexpire(key(user), 60_000);
        assertRejected(() -> first.isValid(user, TokenCalls.WRONG));
        assertRejected(() -> first.consume(user, TokenCalls.WRONG));
        assertRejected(() -> first.consume(user, TokenCalls.WRONG, "r"));
        assertThat(first.consume(user, first.issue(user).getToken())).isTrue();
    }

    private static void assertRejected(ThrowingCallable call) {
        StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
    }

    private TokenCalls server(int caller) {
        return caller % 2 == 0 ? first : second;
    }

    private void storeDigest(String user, String digest) {
        redis.set(key(user), digest, SetParams.setParams().px(60_000));
    }

    private static String wrong(int i) {
        return TokenCalls.WRONG.substring(2) + (10 + i);
    }

    private static String key(String user) {
        return "token:" + user + ":login";
    }

    private static String requestKey(String user, String requestId) {
        return "{token:" + user + ":login}:request:" + requestId;
    }

    private static long millis(Timestamp time) {
        return time.getSeconds() * 1000 + time.getNanos() / 1_000_000;
    }

    private static String digest(String... fields) throws Exception {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        for (String field : fields) {
            byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
            sha256.update(ByteBuffer.allocate(4).putInt(0, bytes.length).array());
            sha256.update(bytes);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sha256.digest());
    }
}
