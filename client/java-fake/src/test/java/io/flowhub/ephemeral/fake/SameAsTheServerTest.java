package io.flowhub.ephemeral.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.client.Heartbeats;
import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.PresenceListener;
import io.flowhub.ephemeral.client.PresenceWatch;
import io.flowhub.ephemeral.client.Subscription;
import io.flowhub.ephemeral.client.SubscriptionListener;
import io.flowhub.ephemeral.client.TypingWatch;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CacheState;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an application may rely on, of the fake and of a server alike: with {@code EPHEMERAL_CLIENT_TARGET} in the
 * environment, the tests run against that server. Its settings are the default ones.
 */
@Tag("contract")
@Timeout(60)
class SameAsTheServerTest {

    private static final String TARGET = System.getenv("EPHEMERAL_CLIENT_TARGET");
    private static final String ACTION = "login_attempts";

    private static FakeEphemeral fake;
    private static EphemeralClient client;

    /** Of this test only: a server keeps its state. */
    private final String user = "user-" + UUID.randomUUID();

    private final String room = "room-" + UUID.randomUUID();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @BeforeAll
    static void start() {
        fake = FakeEphemeral.start();
        client = EphemeralClient.builder(TARGET == null ? fake.target() : TARGET)
                .plaintext()
                .deadline(Duration.ofSeconds(20))
                .maxCacheWait(Duration.ofSeconds(20))
                .build();
    }

    @AfterAll
    static void end() {
        client.close();
        fake.close();
    }

    @Test
    void sixthCheckIsDeniedAndConsumesNothing() {
        for (int left = 4; left >= 0; left--) {
            CheckRateResponse response = client.checkRate(user, ACTION);
            assertThat(response.getAllowed()).isTrue();
            assertThat(response.getRemaining()).isEqualTo(left);
            assertThat(response.getLimit()).isEqualTo(5);
        }

        CheckRateResponse denied = client.checkRate(user, ACTION);
        assertThat(denied.getAllowed()).isFalse();
        assertThat(denied.getRetryAfter().getSeconds()).isBetween(1L, 60L);
        assertThat(client.checkRate(user, ACTION, 6).hasRetryAfter()).isFalse();
        assertThat(client.checkRate(user, ACTION, 0).getRemaining()).isZero();

        client.resetRate(user, ACTION);
        assertThat(client.checkRate(user, ACTION, 0).getRemaining()).isEqualTo(5);
    }

    @Test
    void checkWithTheSameRequestIdIsChargedOnceAndARefundReturnsHits() {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(user)
                .setAction(ACTION)
                .setHits(3)
                .setRequestId("r")
                .build();
        client.rateLimits().checkRate(request);
        assertThat(client.rateLimits().checkRate(request).getRemaining()).isEqualTo(2);

        RefundRateRequest refund = RefundRateRequest.newBuilder()
                .setUserId(user)
                .setAction(ACTION)
                .setHits(9)
                .build();
        assertThat(client.rateLimits().refundRate(refund).getRemaining()).isEqualTo(5);
    }

    @Test
    void deniedAllOrNothingBatchConsumesNothing() {
        CheckRateRequest check =
                CheckRateRequest.newBuilder().setUserId(user).setAction(ACTION).build();
        BatchCheckRateResponse denied = client.rateLimits()
                .batchCheckRate(BatchCheckRateRequest.newBuilder()
                        .setMode(BatchMode.BATCH_MODE_ALL_OR_NOTHING)
                        .addRequests(check.toBuilder().setHits(4))
                        .addRequests(check.toBuilder().setHits(2))
                        .build());

        assertThat(denied.getAllowed()).isFalse();
        assertThat(denied.getResultsList())
                .extracting(CheckRateResponse::getAllowed, CheckRateResponse::getRemaining)
                .containsExactly(tuple(true, 5), tuple(false, 5));
        assertThat(client.checkRate(user, ACTION, 0).getRemaining()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "a b", "{a}"})
    void invalidIdAndUnknownActionAreRejectedWithTheirReason(String id) {
        Throwable invalid = catchThrowable(() -> client.checkRate(id, ACTION));
        Throwable unknown = catchThrowable(() -> client.checkRate(user, "logn_attempts"));

        assertThat(EphemeralErrors.reason(invalid)).contains(ErrorReason.ERROR_REASON_INVALID_FIELD);
        assertThat(EphemeralErrors.metadata(invalid)).containsEntry("field", "user_id");
        assertThat(EphemeralErrors.reason(unknown)).contains(ErrorReason.ERROR_REASON_UNKNOWN_ACTION);
        assertThat(EphemeralErrors.metadata(unknown)).containsEntry("action", "logn_attempts");
    }

    @Test
    void rightCodeIsValidOnceAndSetsTheFlag() {
        IssueOtpResponse response = client.issueOtp(user, "login");
        String challenge = response.getIssued().getChallengeId();
        String code = response.getIssued().getCode();
        assertThat(code).hasSize(6);
        assertThat(client.issueOtp(user, "login").getRefused().getReason())
                .isEqualTo(RefusedOtp.Reason.REASON_COOLDOWN);

        VerifyOtpResponse wrong =
                client.verifyOtp(user, "login", challenge, code.equals("000000") ? "1".repeat(6) : "000000");
        assertThat(wrong.getResult()).isEqualTo(VerifyOtpResponse.Result.RESULT_INVALID);
        assertThat(wrong.getAttemptsLeft()).isEqualTo(4);
        assertThat(client.verifyOtp(user, "other", challenge, code).getAttemptsLeft())
                .isEqualTo(3);

        VerifyOtpResponse right = client.verifyOtp(user, "login", challenge, code);
        assertThat(right.getResult()).isEqualTo(VerifyOtpResponse.Result.RESULT_VALID);
        assertThat(client.verifyOtp(user, "login", challenge, code).getResult())
                .isEqualTo(VerifyOtpResponse.Result.RESULT_INVALID);
        ConsumeSessionFlagRequest consume = ConsumeSessionFlagRequest.newBuilder()
                .setUserId(user)
                .setFlag("otp_valid")
                .setExpectedValue(right.getFlagValue())
                .build();
        assertThat(client.sessions().consumeSessionFlag(consume).getConsumed()).isTrue();
        assertThat(client.sessions().consumeSessionFlag(consume).getConsumed()).isFalse();
    }

    @Test
    void sessionFlagWithAnotherValueIsNotConsumed() {
        var unused = client.sessions()
                .setSessionFlag(SetSessionFlagRequest.newBuilder()
                        .setUserId(user)
                        .setFlag("terms")
                        .setValue("v1")
                        .build());
        ConsumeSessionFlagRequest consume = ConsumeSessionFlagRequest.newBuilder()
                .setUserId(user)
                .setFlag("terms")
                .build();

        assertThat(client.sessions()
                        .consumeSessionFlag(
                                consume.toBuilder().setExpectedValue("v2").build())
                        .getConsumed())
                .isFalse();
        assertThat(client.sessions().consumeSessionFlag(consume).getValue()).isEqualTo("v1");
    }

    @Test
    void loginTokenIsConsumedOnce() {
        String replaced = client.issueLoginToken(user);
        String token = client.issueLoginToken(user);

        assertThat(token).matches("[A-Za-z0-9_-]{43}");
        assertThat(client.consumeLoginToken(user, replaced)).isFalse();
        assertThat(client.consumeLoginToken(user, token)).isTrue();
        assertThat(client.consumeLoginToken(user, token)).isFalse();
    }

    @Test
    void featureFlagHasItsValueOrTheDefault() {
        assertThat(client.featureFlag("dark_mode", user, "off")).isEqualTo("off");
        var unused = client.featureFlags()
                .setFlag(SetFlagRequest.newBuilder()
                        .setFeature("dark_mode")
                        .setUserId(user)
                        .setValue("on")
                        .build());
        assertThat(client.featureFlag("dark_mode", user, "off")).isEqualTo("on");
    }

    @Test
    void objectIsLoadedOnceUntilItIsEvicted() {
        assertThat(client.users().get(user, id -> Optional.of("{\"n\":1}"))).contains("{\"n\":1}");
        assertThat(client.users().get(user, id -> Optional.of("{\"n\":2}"))).contains("{\"n\":1}");
        assertThat(client.users().evict(user)).isTrue();
        assertThat(client.users().get(user, id -> Optional.empty())).isEmpty();
        assertThat(client.users().get(user, id -> Optional.of("{\"n\":3}"))).isEmpty();
        assertThat(client.products().get(user, id -> Optional.of("{\"n\":4}"))).contains("{\"n\":4}");
    }

    @Test
    void leaseThatWasRevokedStoresNothing() {
        GetCachedUserRequest get = GetCachedUserRequest.newBuilder().setId(user).build();
        GetCachedUserResponse first = client.cache().getCachedUser(get);
        GetCachedUserResponse second = client.cache().getCachedUser(get);
        assertThat(first.getState()).isEqualTo(CacheState.CACHE_STATE_MISS);
        assertThat(first.getLease()).isNotEmpty();
        assertThat(second.getLease()).isEmpty();
        assertThat(second.hasWait()).isTrue();

        client.users().evict(user);
        assertThat(client.cache()
                        .putCachedUser(PutCachedUserRequest.newBuilder()
                                .setId(user)
                                .setJson("{}")
                                .setLease(first.getLease())
                                .build())
                        .getStored())
                .isFalse();
    }

    @Test
    void watchedUserIsOnlineWhileAConnectionIs() throws Exception {
        try (PresenceWatch watch = client.watchPresence(new Presence());
                Heartbeats heartbeats = client.heartbeats(new HeartbeatsListener() {})) {
            watch.add(user);
            await("offline " + user);
            heartbeats.add(user, "phone");
            await("online " + user);
            assertThat(client.isOnline(user)).isTrue();
            heartbeats.add(user, "laptop");
            heartbeats.remove(user, "phone");
            heartbeats.remove(user, "laptop");
            await("offline " + user);
        }
        assertThat(client.isOnline(user)).isFalse();
        assertThat(client.presence()
                        .setOffline(
                                SetOfflineRequest.newBuilder().setUserId(user).build())
                        .getWentOffline())
                .isFalse();
    }

    @Test
    void typingUsersAreListedUntilTheyStop() throws Exception {
        try (TypingWatch watch = client.watchTyping((in, users) -> events.add("typing " + users))) {
            watch.add(room);
            await("typing []");
            client.setTyping(room, "bob", true);
            await("typing [bob]");
            client.setTyping(room, "alice", true);
            await("typing [alice, bob]");
            client.setTyping(room, "bob", false);
            await("typing [alice]");
            await("typing []"); // Expired.
        }
    }

    @Test
    void messagesArriveInOrderWithoutThoseOfTheExcludedSender() throws Exception {
        try (Subscription subscription = client.subscribe("alice", new Messages())) {
            subscription.add(List.of(room));
            await("subscribed [" + room + "]");
            client.publish(room, "bob", ByteString.copyFromUtf8("one"));
            client.publish(room, "alice", ByteString.copyFromUtf8("of alice"));
            client.publish("other-" + room, "bob", ByteString.copyFromUtf8("elsewhere"));
            client.publish(room, "bob", ByteString.copyFromUtf8("two"));

            await("bob one");
            await("bob two");
        }
    }

    private void await(String expected) throws InterruptedException {
        assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo(expected);
    }

    private final class Presence implements PresenceListener {

        @Override
        public void online(String userId) {
            events.add("online " + userId);
        }

        @Override
        public void offline(String userId) {
            events.add("offline " + userId);
        }
    }

    private final class Messages implements SubscriptionListener {

        @Override
        public void message(String roomId, String senderId, ByteString payload) {
            events.add(senderId + " " + payload.toStringUtf8());
        }

        @Override
        public void subscribed(Set<String> roomIds) {
            events.add("subscribed " + roomIds);
        }
    }
}
