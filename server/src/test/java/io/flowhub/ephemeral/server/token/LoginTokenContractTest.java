package io.flowhub.ephemeral.server.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
        first = new TokenCalls(servers.first());
        second = new TokenCalls(servers.second());
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
        storeHash(key(user + "2"));
        StatusAssert.rejectedByRedis(() -> first.consume(user + "2", active, "r"));
        Stream.of(consumed, active, TokenCalls.WRONG).forEach(token -> {
            assertThat(topology.dump()).contains(user).doesNotContain(token);
            assertThat(servers.logs()).contains("Serving").doesNotContain(token);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exactlyOneOf32ConcurrentConsumesOnTwoServersWins(boolean hasRequestId) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            String token = first.issue(user).getToken();
            assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, token, hasRequestId ? "r" + i : "")))
                    .containsOnlyOnce(true);
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

        assertThat(Concurrently.run(CALLERS, i -> server(i).issue(user)))
                .filteredOn(issued -> first.isValid(user, issued.getToken()))
                .as("valid tokens of those issued concurrently")
                .hasSize(1);
    }

    @Test
    void tokenExpiresAfterTenMinutes() {
        String user = UniqueIds.next();
        IssueLoginTokenResponse issued = first.issue(user);
        assertThat(redis.pttl(key(user))).isBetween(590_000L, 600_000L);
        assertExpiresAt(issued.getExpireTime(), key(user));

        expire(key(user));
        assertThat(first.verify(user, issued.getToken()).hasExpireTime()).isFalse();
        assertThat(first.isValid(user, issued.getToken())).isFalse();
        assertThat(first.consume(user, issued.getToken())).isFalse();
    }

    @Test
    void verifyNeverConsumesAToken() throws Exception {
        String user = UniqueIds.next();
        String token = first.issue(user).getToken();
        redis.pexpire(key(user), 300_000);
        assertThat(Concurrently.run(CALLERS, i -> server(i).isValid(user, token)))
                .containsOnly(true);
        assertThat(first.isValid(user, TokenCalls.WRONG)).isFalse();
        assertThat(redis.pttl(key(user))).isBetween(290_000L, 300_000L);
        assertExpiresAt(first.verify(user, token).getExpireTime(), key(user));
        assertThat(first.consume(user, token)).isTrue();
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
    void repeatedRequestGetsTheSameResultForAMinuteAndConsumesNothing() throws Exception {
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

        String next = first.issue(user).getToken();
        assertThat(first.consume(user, token, "r")).isTrue();
        assertThat(first.isValid(user, next)).as("the new token").isTrue();

        redis.del(requestKey(user, "r"));
        assertThat(first.consume(user, token, "r")).as("after the minute").isFalse();
    }

    @Test
    void revokedTokenIsInvalidAndRevokingAnOldOneHasNoEffect() {
        String user = UniqueIds.next();
        assertThat(first.revoke(user, "")).isFalse();
        String old = first.issue(user).getToken();
        String token = first.issue(user).getToken();
        assertThat(first.revoke(user, old)).isFalse();
        assertThat(first.isValid(user, token)).isTrue();
        assertThat(first.revoke(user, token)).isTrue();
        assertThat(first.isValid(user, token)).isFalse();
        assertThat(first.revoke(user, token)).isFalse();

        String next = first.issue(user).getToken();
        assertThat(second.revoke(user, "")).as("whatever the token").isTrue();
        assertThat(first.consume(user, next)).isFalse();
        assertThat(first.revoke(user, "")).isFalse();
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndReplacedByANewToken() {
        String user = UniqueIds.next();
        storeHash(key(user));
        StatusAssert.rejectedByRedis(() -> first.isValid(user, TokenCalls.WRONG));
        StatusAssert.rejectedByRedis(() -> first.consume(user, TokenCalls.WRONG));
        StatusAssert.rejectedByRedis(() -> first.consume(user, TokenCalls.WRONG, "r"));
        assertThat(first.consume(user, first.issue(user).getToken())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "", "s8", "+", "/", "=", " ", "8\n", "ä"})
    void malformedTokenIsRejectedAndNotEchoed(String end) {
        String user = UniqueIds.next();
        String value = end.equals("x") ? "x" : "secret".repeat(7) + end; // of 42 characters and an end
        List<ThrowingCallable> calls = List.of(
                () -> first.verify(user, value),
                () -> first.consume(user, value),
                () -> first.consume(user, value, "r"),
                () -> first.revoke(user, value));
        for (ThrowingCallable call : calls) {
            StatusRuntimeException e = StatusAssert.invalidField("token", call);
            assertThat(e.getStatus().getDescription())
                    .isEqualTo("token: \"(not shown)\" (expected: 43 characters of base64url)");
            assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain("secret");
        }
    }

    @Test
    void rejectedInputDoesNotConsumeTheToken() {
        String user = UniqueIds.next();
        String token = first.issue(user).getToken();
        StatusAssert.invalidField("token", () -> first.verify(user, ""));
        StatusAssert.invalidField("token", () -> first.consume(user, ""));
        StatusAssert.invalidField("token", () -> first.consume(user, token + "="));
        StatusAssert.invalidField("request_id", () -> first.consume(user, token, "a:b"));
        StatusAssert.invalidField("token", () -> first.revoke(user, token.substring(1)));
        assertThat(first.consume(user, token)).isTrue();
    }

    @Test
    void toStringRedactsTheToken() {
        LoginToken token = LoginToken.random("user");
        assertThat(new TokenStore.Issued(token, 1).toString())
                .contains("user")
                .doesNotContain(token.value(), token.digest());
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
