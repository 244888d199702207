package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The rules of feature flags: what is asked of Redis, and what a caller gets who would rather have his default. */
final class FeatureFlagStore {

    private static final Script SET = Script.load("flag/set");
    private static final Script GET = Script.load("flag/get");
    private static final Script CLEAR = Script.load("flag/clear");

    private final RedisClient redis;

    FeatureFlagStore(RedisClient redis) {
        this.redis = redis;
    }

    /** Returns when the flag ends, in milliseconds since 1970. */
    CompletableFuture<Long> set(String key, String value, long ttlMillis) {
        List<String> args = List.of(value, Long.toString(ttlMillis));
        return redis.call(new Operation<>(SET, List.of(key), args, reply -> reply.number(0)));
    }

    /** Fails for a caller without a default if Redis cannot be asked; else the failure is part of the answer. */
    CompletableFuture<GetFlagResponse> get(FlagQuery question) {
        CompletableFuture<GetFlagResponse> answer =
                redis.call(new Operation<>(GET, List.of(question.key()), List.of(), reply -> answer(question, reply)));
        String defaultValue = question.defaultValue();
        return defaultValue == null
                ? answer
                : answer.exceptionallyCompose(failure -> isRedisError(failure)
                        ? CompletableFuture.completedFuture(error(defaultValue, StatusMapper.reason(failure)))
                        : CompletableFuture.failedFuture(failure));
    }

    /** Removes the flag. Returns whether it was set. */
    CompletableFuture<Boolean> clear(String key) {
        return redis.call(new Operation<>(CLEAR, List.of(key), List.of(), reply -> reply.number(0) == 1));
    }

    private static GetFlagResponse answer(FlagQuery question, Reply reply) {
        return reply.number(0) == 1
                ? GetFlagResponse.newBuilder()
                        .setValue(reply.text(1))
                        .setReason(FlagReason.FLAG_REASON_STATIC)
                        .setExpiresIn(ProtoTime.duration(reply.number(2)))
                        .build()
                : GetFlagResponse.newBuilder()
                        .setValue(question.unset())
                        .setReason(FlagReason.FLAG_REASON_DEFAULT)
                        .build();
    }

    /** A cancelled call needs no default, and a default must not hide a defect of the server. */
    private static boolean isRedisError(Throwable failure) {
        return switch (StatusMapper.reason(failure)) {
            case ERROR_REASON_REDIS_UNAVAILABLE, ERROR_REASON_OVERLOADED, ERROR_REASON_REDIS_REJECTED -> true;
            default -> false;
        };
    }

    /** The answer to a flag that could not be read. */
    static GetFlagResponse error(String value, ErrorReason reason) {
        return GetFlagResponse.newBuilder()
                .setValue(value)
                .setReason(FlagReason.FLAG_REASON_ERROR)
                .setErrorReason(reason.name())
                .build();
    }
}
