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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import redis.clients.jedis.params.SetParams;

/** What holds of login tokens on any Redis, over two servers in processes of their own. */
@OnSingleAndCluster
class LoginTokenContractTest extends TwoServersSuite {

    private static final int RUNNERS = 32;
    private static final int ROUNDS = 10;

    private TokenCalls tokens;
    private TokenCalls elsewhere;

    @BeforeParameterizedClassInvocation
    void connect() {
        tokens = TokenCalls.on(servers.first());
        elsewhere = TokenCalls.on(servers.second());
    }

    @Test
    void tokenIs256BitsOfWhichRedisKeepsTheDigest() throws Exception {
        String user = UniqueIds.next();
        String token = tokens.issue(user).getToken();
        assertThat(token).matches("[A-Za-z0-9_-]{43}");
        assertThat(Base64.getUrlDecoder().decode(token)).hasSize(32);
        assertThat(redis.get(key(user))).isEqualTo(digest(user, "login", token));
    }

    @Test
    void noTokenIsInRedisOrInALog() throws Exception {
        String user = UniqueIds.next();
        String consumed = tokens.issue(user).getToken();
        tokens.isValid(user, consumed);
        tokens.consume(user, TokenCalls.WRONG, "r");
        tokens.consume(user, consumed, "r");
        String kept = elsewhere.issue(user).getToken();
        tokens.revoke(user, consumed);
        StatusAssert.invalidField("token", () -> tokens.consume(user, kept + "x"));
        redis.hset(key(user + "2"), "a", "b");
        redis.pexpire(key(user + "2"), 60_000);
        refused(() -> tokens.consume(user + "2", kept, "r"));
        Stream.of(consumed, kept, TokenCalls.WRONG).forEach(token -> {
            assertThat(topology.dump()).contains(user).doesNotContain(token);
            assertThat(servers.logs()).contains("Serving").doesNotContain(token);
        });
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesOnTwoServersWins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            String token = tokens.issue(user).getToken();
            assertThat(Concurrently.run(RUNNERS, i -> server(i).consume(user, token)))
                    .filteredOn(consumed -> consumed)
                    .hasSize(1);
        }
    }

    @Test
    void exactlyOneOf32ConcurrentRequestIdsOnTwoServersWins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            String token = tokens.issue(user).getToken();
            assertThat(Concurrently.run(RUNNERS, i -> server(i).consume(user, token, "r" + i)))
                    .filteredOn(consumed -> consumed)
                    .hasSize(1);
        }
    }

    @Test
    void requestRepeatedConcurrentlyGetsTheSameResult() throws Exception {
        String user = UniqueIds.next();
        String token = tokens.issue(user).getToken();
        assertThat(Concurrently.run(RUNNERS, i -> server(i).consume(user, token, "r")))
                .containsOnly(true);
        assertThat(tokens.consume(user, token, "other")).isFalse();
    }

    @Test
    void wrongTokensLeaveTheRightOneUsable() throws Exception {
        String user = UniqueIds.next();
        String token = tokens.issue(user).getToken();
        long left = redis.pttl(key(user));
        assertThat(Concurrently.run(RUNNERS, i -> server(i).consume(user, wrong(i), i % 3 == 0 ? "" : "r")))
                .containsOnly(false);
        assertThat(tokens.revoke(user, TokenCalls.WRONG)).isFalse();
        assertThat(redis.pttl(key(user))).isBetween(left - 10_000, left);
        assertThat(redis.exists(requestKey(user, "r"))).isFalse();
        assertThat(tokens.consume(user, token)).isTrue();
    }

    @Test
    void newTokenEndsTheOldOne() throws Exception {
        String user = UniqueIds.next();
        String old = tokens.issue(user).getToken();
        String token = elsewhere.issue(user).getToken();
        assertThat(tokens.isValid(user, old)).isFalse();
        assertThat(tokens.consume(user, old)).isFalse();
        assertThat(tokens.consume(user, token)).isTrue();

        List<IssueLoginTokenResponse> issued =
                Concurrently.run(RUNNERS, i -> server(i).issue(user));
        assertThat(issued)
                .filteredOn(one -> tokens.isValid(user, one.getToken()))
                .as("of those issued at the same time")
                .hasSize(1);
    }

    @Test
    void tokenLivesForTenMinutes() {
        String user = UniqueIds.next();
        IssueLoginTokenResponse issued = tokens.issue(user);
        long left = redis.pttl(key(user));
        assertThat(left).isBetween(590_000L, 600_000L);
        assertThat(Math.abs(millis(issued.getExpireTime()) - redis.pexpireTime(key(user))))
                .as("ms between what was told and what is")
                .isLessThanOrEqualTo(50);

        redis.pexpire(key(user), 1);
        Eventually.within(Duration.ofSeconds(5), "the key expires", () -> !redis.exists(key(user)));
        assertThat(tokens.verify(user, issued.getToken()).hasExpireTime()).isFalse();
        assertThat(tokens.isValid(user, issued.getToken())).isFalse();
        assertThat(tokens.consume(user, issued.getToken())).isFalse();
    }

    @Test
    void verifyNeverConsumesAToken() throws Exception {
        String user = UniqueIds.next();
        IssueLoginTokenResponse issued = tokens.issue(user);
        redis.pexpire(key(user), 300_000);
        assertThat(Concurrently.run(RUNNERS, i -> server(i).isValid(user, issued.getToken())))
                .containsOnly(true);
        assertThat(tokens.isValid(user, TokenCalls.WRONG)).isFalse();
        assertThat(redis.pttl(key(user))).isBetween(290_000L, 300_000L);
        long told = millis(tokens.verify(user, issued.getToken()).getExpireTime());
        assertThat(Math.abs(told - redis.pexpireTime(key(user)))).isLessThanOrEqualTo(50);
        assertThat(tokens.consume(user, issued.getToken())).isTrue();
    }

    @Test
    void tokenIsWorthNothingForAnotherUserOrPurpose() throws Exception {
        String user = UniqueIds.next();
        String other = UniqueIds.next();
        String token = tokens.issue(user).getToken();
        keep(other, redis.get(key(user))); // as somebody might who can write to Redis
        assertThat(tokens.isValid(other, token)).isFalse();
        assertThat(tokens.consume(other, token)).isFalse();

        keep(other, digest(other, "password_reset", token));
        assertThat(tokens.consume(other, token)).isFalse();
        keep(other, digest(other, "login", token));
        assertThat(tokens.consume(other, token)).as("so the above can fail").isTrue();
        assertThat(tokens.consume(user, token)).isTrue();
    }

    @Test
    void repeatedRequestIsConsumedAgainForAMinute() throws Exception {
        String user = UniqueIds.next();
        String token = tokens.issue(user).getToken();
        assertThat(tokens.consume(user, token, "r")).isTrue();
        assertThat(redis.exists(key(user))).isFalse();
        assertThat(redis.get(requestKey(user, "r"))).isEqualTo(digest(user, "login", token));
        assertThat(redis.pttl(requestKey(user, "r"))).isBetween(50_000L, 60_000L);

        assertThat(elsewhere.consume(user, token, "r")).isTrue();
        assertThat(elsewhere.consume(user, token, "s")).as("another request").isFalse();
        assertThat(elsewhere.consume(user, token)).as("no request").isFalse();
        assertThat(elsewhere.consume(user, TokenCalls.WRONG, "r"))
                .as("another token")
                .isFalse();
        assertThat(redis.pttl(requestKey(user, "r"))).as("not prolonged").isLessThanOrEqualTo(60_000L);

        redis.del(requestKey(user, "r"));
        assertThat(tokens.consume(user, token, "r")).as("after the minute").isFalse();
    }

    @Test
    void repetitionDoesNotUseUpANewToken() {
        String user = UniqueIds.next();
        String old = tokens.issue(user).getToken();
        assertThat(tokens.consume(user, old, "r")).isTrue();
        String token = tokens.issue(user).getToken();
        assertThat(tokens.consume(user, old, "r")).isTrue();
        assertThat(tokens.isValid(user, token)).isTrue();
    }

    @Test
    void revokedTokenIsWorthNothing() {
        String user = UniqueIds.next();
        assertThat(tokens.revoke(user, "")).isFalse();
        String token = tokens.issue(user).getToken();
        assertThat(elsewhere.revoke(user, "")).isTrue();
        assertThat(tokens.consume(user, token)).isFalse();
        assertThat(tokens.revoke(user, "")).isFalse();
    }

    @Test
    void revokingOneTokenLeavesItsSuccessorAlone() {
        String user = UniqueIds.next();
        String old = tokens.issue(user).getToken();
        String token = tokens.issue(user).getToken();
        assertThat(tokens.revoke(user, old)).isFalse();
        assertThat(tokens.isValid(user, token)).isTrue();
        assertThat(tokens.revoke(user, token)).isTrue();
        assertThat(tokens.isValid(user, token)).isFalse();
        assertThat(tokens.revoke(user, token)).isFalse();
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndReplacedByANewToken() {
        String user = UniqueIds.next();
        redis.hset(key(user), "a", "b");
        redis.pexpire(key(user), 60_000);
        refused(() -> tokens.isValid(user, TokenCalls.WRONG));
        refused(() -> tokens.consume(user, TokenCalls.WRONG));
        refused(() -> tokens.consume(user, TokenCalls.WRONG, "r"));
        assertThat(tokens.consume(user, tokens.issue(user).getToken())).isTrue();
    }

    private static void refused(ThrowingCallable call) {
        StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
    }

    private TokenCalls server(int runner) {
        return runner % 2 == 0 ? tokens : elsewhere;
    }

    private void keep(String user, String digest) {
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
