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

/** The generated stubs of every service, for {@link EphemeralClient}. A stub is a few small objects: made when asked for. */
abstract class Stubs {

    /**
     * What the stubs stand on, for every other kind of stub: {@code RateLimitServiceGrpc.newStub(client.channel())}.
     * Deadline and repetitions are the same as with the stubs of this class.
     */
    public abstract Channel channel();

    /** The limits, each call returning when it is answered. */
    public RateLimitServiceBlockingStub rateLimits() {
        return RateLimitServiceGrpc.newBlockingStub(channel());
    }

    /** The limits, each call returning a future at once. */
    public RateLimitServiceFutureStub rateLimitsFuture() {
        return RateLimitServiceGrpc.newFutureStub(channel());
    }

    /** One-time passwords, each call returning when it is answered. */
    public OtpServiceBlockingStub otp() {
        return OtpServiceGrpc.newBlockingStub(channel());
    }

    /** One-time passwords, each call returning a future at once. */
    public OtpServiceFutureStub otpFuture() {
        return OtpServiceGrpc.newFutureStub(channel());
    }

    /** The flags of sessions, each call returning when it is answered. */
    public SessionServiceBlockingStub sessions() {
        return SessionServiceGrpc.newBlockingStub(channel());
    }

    /** The flags of sessions, each call returning a future at once. */
    public SessionServiceFutureStub sessionsFuture() {
        return SessionServiceGrpc.newFutureStub(channel());
    }

    /** Login tokens, each call returning when it is answered. */
    public TokenServiceBlockingStub tokens() {
        return TokenServiceGrpc.newBlockingStub(channel());
    }

    /** Login tokens, each call returning a future at once. */
    public TokenServiceFutureStub tokensFuture() {
        return TokenServiceGrpc.newFutureStub(channel());
    }

    /** Feature flags, each call returning when it is answered. */
    public FeatureFlagServiceBlockingStub flags() {
        return FeatureFlagServiceGrpc.newBlockingStub(channel());
    }

    /** Feature flags, each call returning a future at once. */
    public FeatureFlagServiceFutureStub flagsFuture() {
        return FeatureFlagServiceGrpc.newFutureStub(channel());
    }

    /**
     * The cache itself, each call returning when it is answered. {@link EphemeralClient#users} and
     * {@link EphemeralClient#products} read through it and need no care for leases.
     */
    public CacheServiceBlockingStub cache() {
        return CacheServiceGrpc.newBlockingStub(channel());
    }

    /** The cache itself, each call returning a future at once. */
    public CacheServiceFutureStub cacheFuture() {
        return CacheServiceGrpc.newFutureStub(channel());
    }

    /**
     * Who is online, each call returning when it is answered. {@link EphemeralClient#heartbeats} and
     * {@link EphemeralClient#watchPresence} keep the streams.
     */
    public PresenceServiceBlockingStub presence() {
        return PresenceServiceGrpc.newBlockingStub(channel());
    }

    /** Who is online, each call returning a future at once. */
    public PresenceServiceFutureStub presenceFuture() {
        return PresenceServiceGrpc.newFutureStub(channel());
    }

    /** Who types, each call returning when it is answered. {@link EphemeralClient#watchTyping} keeps the stream. */
    public TypingServiceBlockingStub typing() {
        return TypingServiceGrpc.newBlockingStub(channel());
    }

    /** Who types, each call returning a future at once. */
    public TypingServiceFutureStub typingFuture() {
        return TypingServiceGrpc.newFutureStub(channel());
    }

    /** Messages to rooms, each call returning when it is answered. {@link EphemeralClient#subscribe} keeps the stream. */
    public BroadcastServiceBlockingStub broadcast() {
        return BroadcastServiceGrpc.newBlockingStub(channel());
    }

    /** Messages to rooms, each call returning a future at once. */
    public BroadcastServiceFutureStub broadcastFuture() {
        return BroadcastServiceGrpc.newFutureStub(channel());
    }

    /** The memory of Redis, each call returning when it is answered. */
    public BudgetServiceBlockingStub budget() {
        return BudgetServiceGrpc.newBlockingStub(channel());
    }

    /** The memory of Redis, each call returning a future at once. */
    public BudgetServiceFutureStub budgetFuture() {
        return BudgetServiceGrpc.newFutureStub(channel());
    }
}
