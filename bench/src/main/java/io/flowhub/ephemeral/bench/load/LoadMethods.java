package io.flowhub.ephemeral.bench.load;

import static java.util.Map.entry;

import com.google.protobuf.Empty;
import io.flowhub.ephemeral.bench.EmptyRpc;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The methods that can be measured, by the names of the command line. The limits of the actions are in bench/run. */
final class LoadMethods {

    /** Makes the messages for this number of ids, each with the prefix. */
    private interface Factory {
        LoadMethod create(int ids, String prefix);
    }

    private static final ResponseCheck ALLOWED = ResponseCheck.beginsWith(0x08, 1); // the field "allowed"
    private static final ResponseCheck DENIED = ResponseCheck.beginsWith(0x10, 1); // no "allowed", a limit of 1
    private static final ResponseCheck PASSED = ResponseCheck.beginsWith(0x08, 1); // the overall code OK
    private static final ResponseCheck STORED = ResponseCheck.beginsWith(0x08, 1);

    private static final Map<String, Factory> BY_NAME = new TreeMap<>(Map.ofEntries(
            entry("empty", LoadMethods::empty),
            entry("check", (ids, prefix) -> checkRate("bench", ALLOWED, ids, prefix)),
            entry("check-sliding", (ids, prefix) -> checkRate("sliding", ALLOWED, ids, prefix)),
            entry("check-bucket", (ids, prefix) -> checkRate("bucket", ALLOWED, ids, prefix)),
            entry("check-full", (ids, prefix) -> checkRate("full", DENIED, ids, prefix)),
            entry("heartbeat", LoadMethods::heartbeat),
            entry("typing", LoadMethods::typing),
            entry("cached-user", (ids, prefix) -> cachedUser(1_000, ids, prefix)),
            entry("cached-user-200", (ids, prefix) -> cachedUser(200, ids, prefix)),
            entry("should-rate-limit", LoadMethods::shouldRateLimit),
            entry("redis-incr", LoadMethods::increment)));

    /** What is called once for each id before the measurement, whatever the responses are. */
    private static final Map<String, Factory> PREPARATIONS = Map.of(
            "check-full", (ids, prefix) -> checkRate("full", ResponseCheck.ANY, ids, prefix),
            "heartbeat", LoadMethods::heartbeat,
            "typing", LoadMethods::typing,
            "cached-user", (ids, prefix) -> putUser(1_000, ids, prefix),
            "cached-user-200", (ids, prefix) -> putUser(200, ids, prefix));

    private LoadMethods() {}

    static LoadMethod of(String name, int ids, String prefix) {
        Factory factory = BY_NAME.get(name);
        if (factory == null) {
            throw new IllegalArgumentException("method: %s (expected one of %s)".formatted(name, BY_NAME.keySet()));
        }
        return factory.create(ids, prefix);
    }

    static @Nullable LoadMethod preparation(String name, int ids, String prefix) {
        Factory factory = PREPARATIONS.get(name);
        return factory == null ? null : factory.create(ids, prefix);
    }

    private static LoadMethod empty(int ids, String prefix) {
        return LoadMethod.of(EmptyRpc.METHOD, ResponseCheck.ANY, ids, id -> Empty.getDefaultInstance(), prefix);
    }

    private static LoadMethod checkRate(String action, ResponseCheck check, int ids, String prefix) {
        return LoadMethod.of(
                RateLimitServiceGrpc.getCheckRateMethod(),
                check,
                ids,
                id -> CheckRateRequest.newBuilder()
                        .setUserId(id)
                        .setAction(action)
                        .build(),
                prefix);
    }

    /** With two descriptors, whose rules are in bench/parts/setup. */
    private static LoadMethod shouldRateLimit(int ids, String prefix) {
        return LoadMethod.of(
                io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc.getShouldRateLimitMethod(),
                PASSED,
                ids,
                id -> RateLimitRequest.newBuilder()
                        .setDomain("bench")
                        .addDescriptors(RateLimitDescriptor.newBuilder().addEntries(entryOf("user", id)))
                        .addDescriptors(RateLimitDescriptor.newBuilder()
                                .addEntries(entryOf("user", id))
                                .addEntries(entryOf("path", "/login")))
                        .build(),
                prefix);
    }

    private static RateLimitDescriptor.Entry.Builder entryOf(String key, String value) {
        return RateLimitDescriptor.Entry.newBuilder().setKey(key).setValue(value);
    }

    private static LoadMethod heartbeat(int ids, String prefix) {
        return LoadMethod.of(
                PresenceServiceGrpc.getHeartbeatMethod(),
                ResponseCheck.ANY,
                ids,
                id -> HeartbeatRequest.newBuilder().setUserId(id).build(),
                prefix);
    }

    private static LoadMethod typing(int ids, String prefix) {
        return LoadMethod.of(
                TypingServiceGrpc.getSetTypingMethod(),
                ResponseCheck.ANY,
                ids,
                id -> SetTypingRequest.newBuilder()
                        .setRoomId(id)
                        .setUserId("user")
                        .setTyping(true)
                        .build(),
                prefix);
    }

    private static LoadMethod cachedUser(int bytes, int ids, String prefix) {
        return LoadMethod.of(
                CacheServiceGrpc.getGetCachedUserMethod(),
                ResponseCheck.longerThan(bytes, 0x08, 1), // the state "hit"
                ids,
                id -> GetCachedUserRequest.newBuilder().setId(id).build(),
                prefix);
    }

    private static LoadMethod putUser(int bytes, int ids, String prefix) {
        return LoadMethod.of(
                CacheServiceGrpc.getPutCachedUserMethod(),
                STORED,
                ids,
                id -> PutCachedUserRequest.newBuilder()
                        .setId(id)
                        .setJson("{\"name\":\"%s\"}".formatted("x".repeat(bytes - 11)))
                        .build(),
                prefix);
    }

    private static LoadMethod increment(int ids, String prefix) {
        byte[][] commands = IntStream.range(0, ids)
                .mapToObj(id -> "bench:" + prefix + id)
                .map(key -> "*2\r\n$4\r\nINCR\r\n$%d\r\n%s\r\n".formatted(key.length(), key))
                .map(command -> command.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
        return new LoadMethod("", commands, ResponseCheck.ANY);
    }
}
