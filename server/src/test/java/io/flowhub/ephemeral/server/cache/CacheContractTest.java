package io.flowhub.ephemeral.server.cache;

import static io.flowhub.ephemeral.server.cache.CachedUserCalls.millis;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_HIT;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_MISS;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_NEGATIVE;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_STALE;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductResponse;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.PutCachedUserResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of the cache on two servers, each in its own process, and its keys in Redis. */
@Tag("contract")
@OnSingleAndCluster
class CacheContractTest extends TwoServersSuite {

    private static final String ANNA = "{\"name\":\"Anna\"}";
    private static final String BERT = "{\"name\":\"Bert\"}";

    private CachedUserCalls first;
    private CachedUserCalls second;

    @BeforeParameterizedClassInvocation
    void connect() {
        first = new CachedUserCalls(servers.first());
        second = new CachedUserCalls(servers.second());
    }

    @Test
    void objectIsPlainTextUnderItsKeyAndReadOnEveryServer() {
        String id = UniqueIds.next();
        assertThat(first.put(id, ANNA)).isTrue();
        GetCachedUserResponse response = second.get(id);
        assertThat(response.getState()).isEqualTo(CACHE_STATE_HIT);
        assertThat(response.getJson()).isEqualTo(ANNA);
        assertThat(millis(response.getAge())).isBetween(0L, 5_000L);
        assertThat(response.getLease()).isEmpty();
        assertThat(response.hasWait()).isFalse();
        assertThat(redis.get(key(id))).isEqualTo(ANNA);
        assertThat(redis.pttl(key(id))).isBetween(265_000L, 330_000L);
        assertThat(redis.exists(leaseKey(id))).isFalse();
    }

    static List<String> unusualObjects() {
        String filler = "{\"ü\":\"\"}";
        int bytes = filler.getBytes(StandardCharsets.UTF_8).length;
        return List.of(
                "{}",
                " \t\r\n{ \"a\" : 1 }\n ",
                "{\"nul\":\"\\u0000\",\"half\":\"\\ud800\",\"esc\":\"\\/\\b\\\"\"}",
                "{\"text\":\"grüße \u4e16\u754c \ud83d\ude00 \u2028 \u200f \ufeff \u007f\"}",
                "{\"same\":1,\"same\":2,\"\":null}",
                "{\"big\":123456789012345678901234567890,\"small\":-0.0e-99,\"digits\":" + "9".repeat(4000) + "}",
                "{\"ü\":\"" + "x".repeat(5_120 - bytes) + "\"}");
    }

    @ParameterizedTest
    @MethodSource("unusualObjects")
    void unusualObjectIsStoredByteForByte(String json) {
        String id = UniqueIds.next();
        assertThat(first.put(id, json)).isTrue();
        assertThat(redis.get(key(id).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(json.getBytes(StandardCharsets.UTF_8));
        assertThat(second.get(id).getJson()).isEqualTo(json);
        assertThat(second.getAll(List.of(id)).get(0).getJson()).isEqualTo(json);
    }

    @Test
    void missGivesTheFirstCallerTheLeaseAndTheNextAWait() {
        String id = UniqueIds.next();
        GetCachedUserResponse loader = first.get(id);
        assertThat(loader.getState()).isEqualTo(CACHE_STATE_MISS);
        assertThat(loader.getLease()).hasSize(22);
        assertThat(loader.hasWait()).isFalse();
        assertThat(loader.hasAge()).isFalse();
        GetCachedUserResponse waiter = second.get(id);
        assertThat(waiter.getState()).isEqualTo(CACHE_STATE_MISS);
        assertThat(waiter.getLease()).isEmpty();
        assertThat(millis(waiter.getWait())).isBetween(1L, 5_000L);
        assertThat(second.put(id, ANNA, loader.getLease())).isTrue();
        assertThat(second.get(id).getJson()).isEqualTo(ANNA);
    }

    @Test
    void hundredConcurrentMissesOnTwoServersGiveOneLease() throws Exception {
        for (int round = 0; round < 5; round++) {
            String id = UniqueIds.next();
            List<GetCachedUserResponse> responses = Concurrently.run(100, i -> (i % 2 == 0 ? first : second).get(id));
            assertThat(responses).allMatch(response -> response.getState() == CACHE_STATE_MISS);
            assertThat(responses)
                    .filteredOn(response -> !response.getLease().isEmpty())
                    .hasSize(1);
            assertThat(responses)
                    .filteredOn(response -> response.getLease().isEmpty())
                    .allMatch(GetCachedUserResponse::hasWait);
        }
    }

    @Test
    void fillAfterAnEvictionIsRejected() {
        String id = UniqueIds.next();
        String lease = first.get(id).getLease();
        assertThat(second.evict(id)).as("there was no entry yet").isFalse();
        assertThat(first.put(id, ANNA, lease)).isFalse();
        assertThat(redis.exists(key(id))).isFalse();
        assertThat(first.putNegative(id, lease)).isFalse();
        assertThat(first.get(id).getLease()).as("lease for the next caller").isNotEmpty();
    }

    /** A caller commits a change, then evicts: a value loaded before is never stored, in any order of the calls. */
    @Test
    void valueLoadedBeforeAnEvictionIsNeverStored() throws Exception {
        for (int round = 0; round < 20; round++) {
            String id = UniqueIds.next();
            String lease = first.get(id).getLease();
            Concurrently.run(2, i -> i == 0 ? first.put(id, ANNA, lease) : second.evict(id));
            assertThat(redis.get(key(id))).isNull();
            assertThat(first.put(id, ANNA, lease)).isFalse();
        }
    }

    /** A value loaded before the eviction is rejected; a load after the eviction must read the primary database. */
    @Test
    void afterAnEvictionOnlyObjectsLoadedAfterItAreReturned() {
        String id = UniqueIds.next();
        String before = first.get(id).getLease();
        second.evict(id);
        String after = second.get(id).getLease();
        assertThat(first.put(id, "{\"name\":\"old\"}", before)).isFalse();
        assertThat(second.put(id, ANNA, after)).isTrue();
        assertThat(first.put(id, "{\"name\":\"old\"}", before)).isFalse();
        assertThat(first.get(id).getJson()).isEqualTo(ANNA);
        assertThat(second.get(id).getJson()).isEqualTo(ANNA);
    }

    /** The server adds nothing to the value. */
    @Test
    void onlyTheTextThatWasPutIsStored() {
        String id = UniqueIds.next();
        assertThat(first.put(id, ANNA, first.get(id).getLease())).isTrue();
        assertThat(redis.get(key(id))).isEqualTo(ANNA);
        assertThat(redis.exists(leaseKey(id))).isFalse();
    }

    @Test
    void reloadAfterAnEvictionIsRejected() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        makeStale(id);
        String lease = first.get(id).getLease();
        assertThat(lease).isNotEmpty();
        assertThat(second.evict(id)).isTrue();
        assertThat(first.put(id, ANNA, lease)).isFalse();
        assertThat(redis.exists(key(id))).isFalse();
    }

    @Test
    void afterALeaseExpiresAnotherCallerGetsOneAndTheOldLeaseIsRejected() {
        String id = UniqueIds.next();
        String expired = first.get(id).getLease();
        redis.pexpire(leaseKey(id), 50);
        Eventually.within(
                Duration.ofSeconds(5),
                "a new lease",
                () -> !second.get(id).getLease().isEmpty());
        String next = redis.get(leaseKey(id));
        assertThat(next).isNotEqualTo(expired);
        assertThat(first.put(id, ANNA, expired)).isFalse();
        assertThat(second.put(id, BERT, next)).isTrue();
        assertThat(first.put(id, ANNA, next)).as("a lease can be used once").isFalse();
        assertThat(first.get(id).getJson()).isEqualTo(BERT);
    }

    @Test
    void fillAfterTheLeaseExpiredIsRejected() {
        String id = UniqueIds.next();
        String lease = first.get(id).getLease();
        redis.del(leaseKey(id)); // has the effect of its expiry
        assertThat(first.put(id, ANNA, lease)).isFalse();
    }

    @Test
    void leaseLivesAsLongAsConfigured() {
        String id = UniqueIds.next();
        first.get(id);
        assertThat(redis.pttl(leaseKey(id))).isBetween(3_000L, 5_000L);
    }

    @Test
    void leaseIsValidOnlyForItsOwnEntry() {
        String lease = first.get(UniqueIds.next()).getLease();
        String other = UniqueIds.next();
        assertThat(first.put(other, ANNA, lease)).isFalse();
        first.get(other);
        assertThat(first.put(other, ANNA, lease)).isFalse();
    }

    @Test
    void everyLeaseIsDifferent() {
        String id = UniqueIds.next();
        Set<String> leases = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            leases.add((i % 2 == 0 ? first : second).get(id).getLease());
            first.evict(id);
        }
        assertThat(leases).hasSize(200).doesNotContain("");
    }

    @Test
    void putWithoutALeaseAlwaysStoresAndRevokesTheLease() {
        String id = UniqueIds.next();
        String lease = first.get(id).getLease();
        assertThat(second.put(id, BERT)).isTrue();
        assertThat(first.put(id, ANNA, lease)).isFalse();
        assertThat(first.get(id).getJson()).isEqualTo(BERT);
        assertThat(redis.exists(leaseKey(id))).isFalse();
    }

    @Test
    void negativeEntryLives15To30Seconds() {
        for (int i = 0; i < 50; i++) {
            String id = UniqueIds.next();
            assertThat(first.putNegative(id, first.get(id).getLease())).isTrue();
            assertThat(redis.get(key(id))).isEmpty();
            assertThat(redis.pttl(key(id))).isBetween(14_000L, 30_000L);
            GetCachedUserResponse response = second.get(id);
            assertThat(response.getState()).isEqualTo(CACHE_STATE_NEGATIVE);
            assertThat(response.getJson()).isEmpty();
            assertThat(response.getLease()).isEmpty();
            assertThat(millis(response.getAge())).isBetween(0L, 2_000L);
        }
    }

    @Test
    void createdUserReplacesTheNegativeEntry() {
        String id = UniqueIds.next();
        first.putNegative(id, "");
        assertThat(first.evict(id)).as("there was a negative entry").isTrue();
        assertThat(second.get(id).getState()).isEqualTo(CACHE_STATE_MISS);
        first.putNegative(id, "");
        first.put(id, ANNA);
        assertThat(second.get(id).getState()).isEqualTo(CACHE_STATE_HIT);
        assertThat(redis.pttl(key(id))).isGreaterThan(265_000);
    }

    @Test
    void entriesPutTogetherExpireAtDifferentTimes() throws Exception {
        String prefix = UniqueIds.next() + "-";
        int count = 10_000;
        var stub = CacheServiceGrpc.newFutureStub(servers.first()).withDeadlineAfter(60, TimeUnit.SECONDS);
        for (int from = 0; from < count; from += 200) {
            List<ListenableFuture<PutCachedUserResponse>> puts = new ArrayList<>();
            for (int i = from; i < from + 200; i++) {
                puts.add(stub.putCachedUser(PutCachedUserRequest.newBuilder()
                        .setId(prefix + i)
                        .setJson(ANNA)
                        .build()));
            }
            for (var put : puts) {
                assertThat(put.get(30, TimeUnit.SECONDS).getStored()).isTrue();
            }
        }
        Map<Long, Long> expiriesBySecond = IntStream.range(0, count)
                .mapToObj(i -> redis.expireTime(key(prefix + i)))
                .collect(Collectors.groupingBy(second -> second, Collectors.counting()));
        assertThat(expiriesBySecond.values()).allMatch(expiries -> expiries < count * 0.03, "less than 3 % of all");
        assertThat(expiriesBySecond).hasSizeGreaterThan(55);
        IntStream.range(0, count).forEach(i -> redis.del(key(prefix + i)));
    }

    @Test
    void objectOfMoreThan5120BytesIsRejectedAndTheOldEntryStays() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        StatusRuntimeException e =
                StatusAssert.invalidField("json", () -> first.put(id, "{\"a\":\"" + "x".repeat(5_113) + "\"}"));
        assertThat(e.getStatus().getDescription()).isEqualTo("json: \"5121 bytes\" (expected: at most 5120 bytes)");
        assertThat(first.get(id).getJson()).isEqualTo(ANNA);
    }

    @Test
    void ageIsTheTimeSinceThePut() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        redis.pexpire(key(id), redis.pttl(key(id)) - 100_000);
        assertThat(millis(second.get(id).getAge())).isBetween(100_000L, 120_000L);
    }

    @Test
    void pastItsSoftAgeOneCallerGetsTheLeaseAndTheOthersTheEntry() throws Exception {
        for (int round = 0; round < 5; round++) {
            String id = UniqueIds.next();
            first.put(id, ANNA);
            makeStale(id);
            List<GetCachedUserResponse> responses = Concurrently.run(50, i -> (i % 2 == 0 ? first : second).get(id));
            assertThat(responses).allMatch(response -> response.getJson().equals(ANNA));
            assertThat(responses).allMatch(response -> millis(response.getAge()) > 240_000);
            List<GetCachedUserResponse> stale = responses.stream()
                    .filter(response -> response.getState() == CACHE_STATE_STALE)
                    .toList();
            assertThat(stale).hasSize(1);
            assertThat(responses)
                    .filteredOn(response -> response.getState() == CACHE_STATE_HIT)
                    .hasSize(49)
                    .allMatch(response -> response.getLease().isEmpty());
            assertThat(first.put(id, BERT, stale.get(0).getLease())).isTrue();
            GetCachedUserResponse reloaded = second.get(id);
            assertThat(reloaded.getState()).isEqualTo(CACHE_STATE_HIT);
            assertThat(reloaded.getJson()).isEqualTo(BERT);
            assertThat(millis(reloaded.getAge())).isLessThan(5_000);
        }
    }

    @Test
    void whenAReloadFailsAnotherCallerGetsTheNextLeaseAfterTheFirstExpires() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        makeStale(id);
        assertThat(first.get(id).getState()).isEqualTo(CACHE_STATE_STALE);
        assertThat(second.get(id).getState()).isEqualTo(CACHE_STATE_HIT);
        redis.pexpire(leaseKey(id), 50);
        Eventually.within(
                Duration.ofSeconds(5),
                "the entry is stale",
                () -> second.get(id).getState() == CACHE_STATE_STALE);
        assertThat(redis.pttl(key(id))).as("a read does not extend the TTL").isLessThanOrEqualTo(20_000);
    }

    @Test
    void upToItsSoftAgeNoCallerGetsALease() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        redis.pexpire(key(id), redis.pttl(key(id)) - 235_000);
        assertThat(first.get(id).getState()).isEqualTo(CACHE_STATE_HIT);
        assertThat(redis.exists(leaseKey(id))).isFalse();
    }

    @Test
    void batchReturnsForEachIdWhatASingleReadReturns() {
        List<String> ids =
                IntStream.range(0, 100).mapToObj(i -> UniqueIds.next()).toList();
        for (int i = 0; i < 100; i += 4) {
            first.put(ids.get(i), "{\"i\":" + i + "}");
            first.putNegative(ids.get(i + 1), "");
            first.put(ids.get(i + 2), ANNA);
            makeStale(ids.get(i + 2));
        }
        List<GetCachedUserResponse> responses = second.getAll(ids);
        for (int i = 0; i < 100; i += 4) {
            assertThat(responses.get(i).getJson()).isEqualTo("{\"i\":" + i + "}");
            assertThat(responses.get(i).getState()).isEqualTo(CACHE_STATE_HIT);
            assertThat(responses.get(i + 1).getState()).isEqualTo(CACHE_STATE_NEGATIVE);
            assertThat(responses.get(i + 2).getState()).isEqualTo(CACHE_STATE_STALE);
            assertThat(responses.get(i + 3).getState()).isEqualTo(CACHE_STATE_MISS);
            assertThat(first.put(ids.get(i + 3), BERT, responses.get(i + 3).getLease()))
                    .isTrue();
        }
    }

    @Test
    void sameIdTwiceInABatchGetsOneLease() {
        String id = UniqueIds.next();
        List<GetCachedUserResponse> responses = first.getAll(List.of(id, id, id));
        assertThat(responses)
                .filteredOn(response -> !response.getLease().isEmpty())
                .hasSize(1);
        assertThat(responses).filteredOn(GetCachedUserResponse::hasWait).hasSize(2);
    }

    @Test
    void keyOfAnotherTypeDoesNotFailTheOtherReadsOfABatch() {
        String broken = keyOfAnotherType();
        String id = UniqueIds.next();
        first.put(id, ANNA);
        List<GetCachedUserResponse> responses = first.getAll(List.of(id, broken, id));
        assertThat(responses)
                .extracting(GetCachedUserResponse::getErrorReason)
                .containsExactly("", "ERROR_REASON_REDIS_REJECTED", "");
        assertThat(responses).extracting(GetCachedUserResponse::getJson).containsExactly(ANNA, "", ANNA);
    }

    @Test
    void batchFailsIfEveryReadFails() {
        String broken = keyOfAnotherType();
        StatusAssert.hasStatus(
                Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", () -> first.getAll(List.of(broken, broken)));
        assertThat(first.evict(broken)).as("an eviction removes the key").isTrue();
        assertThat(first.get(broken).getState()).isEqualTo(CACHE_STATE_MISS);
    }

    @Test
    void userAndProductOfTheSameIdAreSeparateEntries() {
        String id = UniqueIds.next();
        var stub = first.stub();
        var request = GetCachedProductRequest.newBuilder().setId(id).build();
        first.put(id, ANNA);
        GetCachedProductResponse product = stub.getCachedProduct(request);
        assertThat(product.getState()).isEqualTo(CACHE_STATE_MISS);
        assertThat(stub.putCachedProduct(PutCachedProductRequest.newBuilder()
                                .setId(id)
                                .setJson(BERT)
                                .setLease(product.getLease())
                                .build())
                        .getStored())
                .isTrue();
        assertThat(redis.get("cache:product:" + id)).isEqualTo(BERT);
        assertThat(stub.getCachedProduct(request).getJson()).isEqualTo(BERT);
        assertThat(stub.batchGetCachedProducts(BatchGetCachedProductsRequest.newBuilder()
                                .addIds(id)
                                .build())
                        .getResults(0)
                        .getJson())
                .isEqualTo(BERT);
        assertThat(stub.evictCachedProduct(
                                EvictCachedProductRequest.newBuilder().setId(id).build())
                        .getEvicted())
                .isTrue();
        assertThat(stub.putCachedProduct(PutCachedProductRequest.newBuilder()
                                .setId(id)
                                .setNegative(true)
                                .build())
                        .getStored())
                .isTrue();
        assertThat(stub.getCachedProduct(request).getState()).isEqualTo(CACHE_STATE_NEGATIVE);
        assertThat(first.get(id).getJson()).isEqualTo(ANNA);
    }

    /** Creates a key of a type that this service does not write. Returns the id. */
    private String keyOfAnotherType() {
        String id = UniqueIds.next();
        redis.lpush(key(id), "x");
        redis.pexpire(key(id), 60_000);
        return id;
    }

    /** Objects live at least 270 s, so with 20 s left they are at least 250 s old. */
    private void makeStale(String id) {
        redis.pexpire(key(id), 20_000);
    }

    private static String key(String id) {
        return "cache:user:" + id;
    }

    private static String leaseKey(String id) {
        return "{cache:user:" + id + "}:lease";
    }
}
