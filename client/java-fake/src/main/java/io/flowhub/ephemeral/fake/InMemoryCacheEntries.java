package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.v1.CacheState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The entries of one kind of cached objects, with their leases. */
final class InMemoryCacheEntries {

    private static final Duration TTL = Duration.ofMinutes(5);
    private static final Duration SOFT_AGE = Duration.ofMinutes(4);
    private static final Duration NEGATIVE_TTL = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final int MAX_JSON_BYTES = 5_120;

    private final TestClock clock;
    private final ExpiringMap<String, Stored> entries;
    private final ExpiringMap<String, String> leases;

    InMemoryCacheEntries(TestClock clock) {
        this.clock = clock;
        this.entries = new ExpiringMap<>(clock);
        this.leases = new ExpiringMap<>(clock);
    }

    Lookup get(String id) {
        Optional<Stored> stored = entries.get(id);
        if (stored.isPresent()) {
            Duration age = Duration.between(stored.get().time, clock.now());
            String json = stored.get().json;
            if (json == null) {
                return new Lookup(CacheState.CACHE_STATE_NEGATIVE, "", age, "", Duration.ZERO);
            }
            return age.compareTo(SOFT_AGE) > 0 && leases.get(id).isEmpty()
                    ? new Lookup(CacheState.CACHE_STATE_STALE, json, age, newLease(id), Duration.ZERO)
                    : new Lookup(CacheState.CACHE_STATE_HIT, json, age, "", Duration.ZERO);
        }
        return leases.find(id)
                .map(lease -> new Lookup(
                        CacheState.CACHE_STATE_MISS,
                        "",
                        Duration.ZERO,
                        "",
                        Duration.between(clock.now(), lease.expiry())))
                .orElseGet(
                        () -> new Lookup(CacheState.CACHE_STATE_MISS, "", Duration.ZERO, newLease(id), Duration.ZERO));
    }

    private String newLease(String id) {
        return leases.put(id, UUID.randomUUID().toString(), LEASE).value();
    }

    /** Stores an object, or that there is none ({@code null}), unless the lease is no longer valid. */
    boolean put(String id, @Nullable String json, String lease) {
        if (json != null) {
            requireJsonObject(json);
        }
        if (!lease.isEmpty() && !leases.get(id).filter(lease::equals).isPresent()) {
            return false;
        }
        leases.remove(id);
        entries.put(id, new Stored(json, clock.now()), json == null ? NEGATIVE_TTL : TTL);
        return true;
    }

    boolean evict(String id) {
        leases.remove(id);
        return entries.remove(id).isPresent();
    }

    /** Looks at the braces only. */
    private static void requireJsonObject(String json) {
        String text = json.strip();
        if (!text.startsWith("{") || !text.endsWith("}")) {
            throw FakeErrors.invalid("json", "one JSON object", "");
        }
        if (json.getBytes(StandardCharsets.UTF_8).length > MAX_JSON_BYTES) {
            throw FakeErrors.invalid("json", "at most " + MAX_JSON_BYTES + " bytes", "");
        }
    }

    private record Stored(@Nullable String json, Instant time) {}

    record Lookup(CacheState state, String json, Duration age, String lease, Duration waitTime) {}
}
