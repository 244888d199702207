package io.flowhub.ephemeral.server.ratelimit;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import java.util.Set;
import java.util.UUID;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;

/** What the tests of this package share. */
final class Limits {

    /** Policies with room for waiting: nothing refills or ends while a test runs, unless its name says so. */
    static final String POLICIES = """
            rate_limit.policies:
              login_attempts: {limit: 5, window: 60s}
              fixed: {limit: 10, window: 1h}
              sliding: {limit: 10, window: 1h, algorithm: sliding_window}
              bucket: {limit: 10, window: 1h, algorithm: token_bucket}
              one_second: {limit: 3, window: 1s}
              "*": {limit: 7, window: 1m}
            """;

    private static final long DAY_MILLIS = 24 * 3_600_000L;

    /** A user that no other test has. */
    static String newUser() {
        return "u-" + UUID.randomUUID();
    }

    static CheckRateRequest check(String user, String action) {
        return CheckRateRequest.newBuilder().setUserId(user).setAction(action).build();
    }

    static CheckRateRequest check(String user, String action, int hits) {
        return check(user, action).toBuilder().setHits(hits).build();
    }

    static long millis(Duration duration) {
        return duration.getSeconds() * 1000 + duration.getNanos() / 1_000_000;
    }

    /** No key without a time to live, none longer than a day. */
    static void assertAllExpire(Jedis jedis) {
        String cursor = ScanParams.SCAN_POINTER_START;
        do {
            var page = jedis.scan(cursor, new ScanParams().count(1000));
            for (String key : Set.copyOf(page.getResult())) {
                long ttl = jedis.pttl(key);
                boolean expired = ttl == -2;
                if (!expired && (ttl < 0 || ttl > DAY_MILLIS)) {
                    throw new AssertionError(key + " lives for " + ttl + " ms");
                }
            }
            cursor = page.getCursor();
        } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    }

    private Limits() {}
}
