package io.flowhub.ephemeral.server.redis;

/** Failures whose constructors only this package may call, for tests of what becomes of them. */
public final class PlantedFailures {

    public static RedisFailure unavailable() {
        return new RedisFailure.Unavailable("Redis is away", null);
    }

    public static RedisFailure overloaded() {
        return new RedisFailure.Overloaded(Script.single("redis/batch"), 8192);
    }

    public static RedisFailure refused(String code) {
        return new RedisFailure.Refused(code, null);
    }

    public static RedisFailure callerGone() {
        return new RedisFailure.CallerGone();
    }

    private PlantedFailures() {}
}
