package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** A {@link RedisClient} for one test, and whether Redis is available. */
record RedisHarness(RedisClient redis, AtomicBoolean up) implements AutoCloseable {

    /** Opens a client with these settings, and returns once Redis is available. */
    static RedisHarness open(String... yaml) throws IOException, ConfigException {
        RedisHarness harness = opening(yaml);
        try {
            harness.awaitUp();
            return harness;
        } catch (AssertionError e) {
            harness.close();
            throw e;
        }
    }

    /** Opens a client with these settings, and returns at once. */
    static RedisHarness opening(String... yaml) throws IOException, ConfigException {
        RedisClient redis = RedisClient.open(settings(yaml), Ticker.systemTicker());
        AtomicBoolean up = new AtomicBoolean();
        redis.addAvailabilityListener(up::set);
        return new RedisHarness(redis, up);
    }

    static RedisSettings settings(String... yaml) throws IOException, ConfigException {
        return TestServer.configuration(String.join("\n", yaml)).settings().redis();
    }

    void awaitUp() {
        Eventually.within(Duration.ofSeconds(10), "Redis is reported available", up::get);
    }

    @Override
    public void close() {
        redis.close();
    }
}
