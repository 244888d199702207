package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc.BroadcastServiceBlockingStub;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc.BroadcastServiceFutureStub;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc.BudgetServiceBlockingStub;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc.BudgetServiceFutureStub;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc.CacheServiceBlockingStub;
import io.flowhub.ephemeral.v1.CacheServiceGrpc.CacheServiceFutureStub;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc.FeatureFlagServiceBlockingStub;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc.FeatureFlagServiceFutureStub;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceFutureStub;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc.PresenceServiceBlockingStub;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc.PresenceServiceFutureStub;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceFutureStub;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import io.flowhub.ephemeral.v1.SessionServiceGrpc.SessionServiceFutureStub;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TokenServiceGrpc.TokenServiceBlockingStub;
import io.flowhub.ephemeral.v1.TokenServiceGrpc.TokenServiceFutureStub;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc.TypingServiceBlockingStub;
import io.flowhub.ephemeral.v1.TypingServiceGrpc.TypingServiceFutureStub;
import io.grpc.Channel;

/**
 * The generated stubs of every service. Each method makes a new stub, which costs a few small objects. Tests of an
 * application can implement {@link #channel} with an in-process channel.
 */
public interface EphemeralStubs {

    /**
     * The channel of all stubs, for other kinds of stubs: {@code RateLimitServiceGrpc.newStub(client.channel())}. Deadline
     * and retries are the same.
     */
    Channel channel();

    /** Rate limits, blocking. */
    default RateLimitServiceBlockingStub rateLimits() {
        return RateLimitServiceGrpc.newBlockingStub(channel());
    }

    /** Rate limits, with futures. */
    default RateLimitServiceFutureStub rateLimitsFuture() {
        return RateLimitServiceGrpc.newFutureStub(channel());
    }

    /** One-time passwords, blocking. */
    default OtpServiceBlockingStub otp() {
        return OtpServiceGrpc.newBlockingStub(channel());
    }

    /** One-time passwords, with futures. */
    default OtpServiceFutureStub otpFuture() {
        return OtpServiceGrpc.newFutureStub(channel());
    }

    /** Session flags, blocking. */
    default SessionServiceBlockingStub sessions() {
        return SessionServiceGrpc.newBlockingStub(channel());
    }

    /** Session flags, with futures. */
    default SessionServiceFutureStub sessionsFuture() {
        return SessionServiceGrpc.newFutureStub(channel());
    }

    /** Login tokens, blocking. */
    default TokenServiceBlockingStub tokens() {
        return TokenServiceGrpc.newBlockingStub(channel());
    }

    /** Login tokens, with futures. */
    default TokenServiceFutureStub tokensFuture() {
        return TokenServiceGrpc.newFutureStub(channel());
    }

    /** Feature flags, blocking. */
    default FeatureFlagServiceBlockingStub featureFlags() {
        return FeatureFlagServiceGrpc.newBlockingStub(channel());
    }

    /** Feature flags, with futures. */
    default FeatureFlagServiceFutureStub featureFlagsFuture() {
        return FeatureFlagServiceGrpc.newFutureStub(channel());
    }

    /**
     * The cache, blocking. {@link EphemeralClient#users} and
     * {@link EphemeralClient#products} read through it and handle leases.
     */
    default CacheServiceBlockingStub cache() {
        return CacheServiceGrpc.newBlockingStub(channel());
    }

    /** The cache, with futures. */
    default CacheServiceFutureStub cacheFuture() {
        return CacheServiceGrpc.newFutureStub(channel());
    }

    /**
     * Presence, blocking. {@link EphemeralClient#heartbeats} and
     * {@link EphemeralClient#watchPresence} handle the streams.
     */
    default PresenceServiceBlockingStub presence() {
        return PresenceServiceGrpc.newBlockingStub(channel());
    }

    /** Presence, with futures. */
    default PresenceServiceFutureStub presenceFuture() {
        return PresenceServiceGrpc.newFutureStub(channel());
    }

    /** Typing, blocking. {@link EphemeralClient#watchTyping} handles the stream. */
    default TypingServiceBlockingStub typing() {
        return TypingServiceGrpc.newBlockingStub(channel());
    }

    /** Typing, with futures. */
    default TypingServiceFutureStub typingFuture() {
        return TypingServiceGrpc.newFutureStub(channel());
    }

    /** Broadcast, blocking. {@link EphemeralClient#subscribe} handles the stream. */
    default BroadcastServiceBlockingStub broadcast() {
        return BroadcastServiceGrpc.newBlockingStub(channel());
    }

    /** Broadcast, with futures. */
    default BroadcastServiceFutureStub broadcastFuture() {
        return BroadcastServiceGrpc.newFutureStub(channel());
    }

    /** The memory budget of Redis, blocking. */
    default BudgetServiceBlockingStub budget() {
        return BudgetServiceGrpc.newBlockingStub(channel());
    }

    /** The memory budget of Redis, with futures. */
    default BudgetServiceFutureStub budgetFuture() {
        return BudgetServiceGrpc.newFutureStub(channel());
    }
}
