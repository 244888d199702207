package io.flowhub.ephemeral.server.cache;

import static io.flowhub.ephemeral.server.cache.CachedUserCalls.millis;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_HIT;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_MISS;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_NEGATIVE;
import static io.flowhub.ephemeral.v1.CacheState.CACHE_STATE_STALE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductResponse;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertHit(second.get(id), ANNA);
        assertThat(redis.get(key(id))).isEqualTo(ANNA);
        assertThat(redis.pttl(key(id)))
                .as("so entries put together expire at different times, see TtlPolicyTest")
                .isBetween(ttlMillis(id) - 5_000, ttlMillis(id));
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
        var miss = GetCachedUserResponse.newBuilder().setState(CACHE_STATE_MISS);
        GetCachedUserResponse loader = first.get(id);
        String lease = loader.getLease();
        assertThat(lease).hasSize(22);
        assertThat(loader).isEqualTo(miss.clone().setLease(lease).build());
        assertThat(redis.pttl(leaseKey(id))).isBetween(3_000L, 5_000L);
        GetCachedUserResponse waiter = second.get(id);
        assertThat(millis(waiter.getWait())).isBetween(1L, 5_000L);
        assertThat(waiter).isEqualTo(miss.setWait(waiter.getWait()).build());
        assertThat(second.put(id, ANNA, lease)).isTrue();
        assertThat(second.get(id).getJson()).isEqualTo(ANNA);
        assertThat(redis.get(key(id))).as("the text alone").isEqualTo(ANNA);
        assertThat(redis.exists(leaseKey(id))).isFalse();
    }

    @Test
    void hundredConcurrentMissesOnTwoServersGiveOneLease() throws Exception {
        for (int round = 0; round < 5; round++) {
            String id = UniqueIds.next();
            assertThat(Concurrently.run(100, i -> (i % 2 == 0 ? first : second).get(id)))
                    .allMatch(response -> response.getState() == CACHE_STATE_MISS)
                    .allMatch(response ->
                            response.hasWait() == response.getLease().isEmpty())
                    .filteredOn(response -> !response.hasWait())
                    .hasSize(1);
        }
    }

    /** A value loaded before the eviction is rejected; a load after the eviction must read the primary database. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void loadFromBeforeAnEvictionIsRejected(boolean isReload) {
        String id = UniqueIds.next();
        if (isReload) {
            first.put(id, BERT);
            makeStale(id);
        }
        String before = first.get(id).getLease();
        assertThat(before).isNotEmpty();
        assertThat(second.evict(id)).as("there was an entry").isEqualTo(isReload);
        assertThat(first.put(id, BERT, before)).isFalse();
        assertThat(first.putNegative(id, before)).isFalse();
        assertThat(redis.exists(key(id))).isFalse();

        String after = second.get(id).getLease();
        assertThat(after).as("lease for the next caller").isNotEmpty();
        assertThat(first.put(id, BERT, before)).isFalse();
        assertThat(second.put(id, ANNA, after)).isTrue();
        assertThat(first.put(id, BERT, before)).isFalse();
        assertThat(first.get(id).getJson()).isEqualTo(ANNA);
        assertThat(second.get(id).getJson()).isEqualTo(ANNA);
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

    @Test
    void afterALeaseExpiresAnotherCallerGetsOneAndTheOldLeaseIsRejected() {
        String id = UniqueIds.next();
        String expired = first.get(id).getLease();
        expire(leaseKey(id));
        assertThat(first.put(id, ANNA, expired)).isFalse();
        String next = second.get(id).getLease();
        assertThat(next).isNotEmpty().isNotEqualTo(expired);
        assertThat(first.put(id, ANNA, expired)).isFalse();
        assertThat(second.put(id, BERT, next)).isTrue();
        assertThat(first.put(id, ANNA, next)).as("a lease can be used once").isFalse();
        assertThat(first.get(id).getJson()).isEqualTo(BERT);
    }

    @Test
    void everyLeaseIsDifferentAndValidOnlyForItsOwnEntry() {
        String id = UniqueIds.next();
        String other = UniqueIds.next();
        Set<String> leases = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            leases.add((i % 2 == 0 ? first : second).get(id).getLease());
            first.evict(id);
        }
        assertThat(leases).hasSize(200).doesNotContain("");
        String lease = first.get(id).getLease();
        assertThat(first.put(other, ANNA, lease)).isFalse();
        first.get(other);
        assertThat(first.put(other, ANNA, lease)).isFalse();
    }

    @Test
    void putWithoutALeaseAlwaysStoresAndRevokesTheLease() {
        String id = UniqueIds.next();
        String lease = first.get(id).getLease();
        assertThat(second.put(id, BERT)).isTrue();
        assertThat(first.put(id, ANNA, lease)).isFalse();
        assertHit(first.get(id), BERT);
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
            assertThat(millis(response.getAge())).isBetween(0L, 2_000L);
            var negative = GetCachedUserResponse.newBuilder().setState(CACHE_STATE_NEGATIVE);
            assertThat(response).isEqualTo(negative.setAge(response.getAge()).build());
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
        assertHit(second.get(id), ANNA);
        assertThat(redis.pttl(key(id))).isGreaterThan(265_000);
    }

    @Test
    void ageIsTheTimeSinceThePutAndUpToTheSoftAgeNoCallerGetsALease() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        redis.pexpire(key(id), redis.pttl(key(id)) - 100_000);
        assertThat(millis(second.get(id).getAge())).isBetween(100_000L, 120_000L);
        redis.pexpire(key(id), ttlMillis(id) - 235_000);
        assertThat(first.get(id).getState()).isEqualTo(CACHE_STATE_HIT);
        assertThat(redis.exists(leaseKey(id))).isFalse();
    }

    @Test
    void pastItsSoftAgeOneCallerGetsTheLeaseAndTheOthersTheEntry() throws Exception {
        for (int round = 0; round < 5; round++) {
            String id = UniqueIds.next();
            first.put(id, ANNA);
            makeStale(id);
            List<GetCachedUserResponse> responses = Concurrently.run(50, i -> (i % 2 == 0 ? first : second).get(id));
            assertThat(responses)
                    .allMatch(response -> response.getJson().equals(ANNA) && millis(response.getAge()) > 240_000);
            GetCachedUserResponse stale = assertThat(responses)
                    .filteredOn(response -> response.getState() == CACHE_STATE_STALE)
                    .singleElement()
                    .actual();
            assertThat(responses)
                    .filteredOn(response -> response.getState() == CACHE_STATE_HIT)
                    .hasSize(49)
                    .allMatch(response -> response.getLease().isEmpty());
            assertThat(first.put(id, BERT, stale.getLease())).isTrue();
            assertHit(second.get(id), BERT);
        }
    }

    @Test
    void whenAReloadFailsAnotherCallerGetsTheNextLeaseAfterTheFirstExpires() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        makeStale(id);
        assertThat(first.get(id).getState()).isEqualTo(CACHE_STATE_STALE);
        assertThat(second.get(id).getState()).isEqualTo(CACHE_STATE_HIT);
        expire(leaseKey(id));
        assertThat(second.get(id).getState()).isEqualTo(CACHE_STATE_STALE);
        assertThat(redis.pttl(key(id))).as("a read does not extend the TTL").isLessThanOrEqualTo(20_000);
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
            assertThat(responses.subList(i, i + 4))
                    .extracting(GetCachedUserResponse::getState, GetCachedUserResponse::getJson)
                    .containsExactly(
                            tuple(CACHE_STATE_HIT, "{\"i\":" + i + "}"),
                            tuple(CACHE_STATE_NEGATIVE, ""),
                            tuple(CACHE_STATE_STALE, ANNA),
                            tuple(CACHE_STATE_MISS, ""));
            assertThat(first.put(ids.get(i + 3), BERT, responses.get(i + 3).getLease()))
                    .isTrue();
        }
    }

    @Test
    void sameIdTwiceInABatchGetsOneLease() {
        String id = UniqueIds.next();
        assertThat(first.getAll(List.of(id, id, id)))
                .extracting(
                        GetCachedUserResponse::hasWait,
                        response -> response.getLease().isEmpty())
                .containsExactlyInAnyOrder(tuple(false, false), tuple(true, true), tuple(true, true));
    }

    @Test
    void keyOfAnotherTypeFailsItsReadOnlyAndABatchIfEveryReadFails() {
        String id = UniqueIds.next();
        String broken = UniqueIds.next();
        first.put(id, ANNA);
        storeHash(key(broken));
        List<GetCachedUserResponse> responses = first.getAll(List.of(id, broken, id));
        assertThat(responses)
                .extracting(GetCachedUserResponse::getErrorReason, GetCachedUserResponse::getJson)
                .containsExactly(tuple("", ANNA), tuple("ERROR_REASON_REDIS_REJECTED", ""), tuple("", ANNA));
        StatusAssert.rejectedByRedis(() -> first.getAll(List.of(broken, broken)));
        assertThat(first.evict(broken)).as("an eviction removes the key").isTrue();
        assertThat(first.get(broken).getState()).isEqualTo(CACHE_STATE_MISS);
    }

    @Test
    void userAndProductOfTheSameIdAreSeparateEntries() {
        String id = UniqueIds.next();
        var get = GetCachedProductRequest.newBuilder().setId(id).build();
        var put = PutCachedProductRequest.newBuilder().setId(id);
        var evict = EvictCachedProductRequest.newBuilder().setId(id).build();
        var batch = BatchGetCachedProductsRequest.newBuilder().addIds(id).build();
        var stub = first.stub();
        first.put(id, ANNA);
        GetCachedProductResponse product = stub.getCachedProduct(get);
        assertThat(product.getState()).isEqualTo(CACHE_STATE_MISS);
        put.setJson(BERT).setLease(product.getLease());
        assertThat(stub.putCachedProduct(put.build()).getStored()).isTrue();
        assertThat(redis.get("cache:product:" + id)).isEqualTo(BERT);
        assertThat(stub.getCachedProduct(get).getJson()).isEqualTo(BERT);
        assertThat(stub.batchGetCachedProducts(batch).getResults(0).getJson()).isEqualTo(BERT);
        assertThat(stub.evictCachedProduct(evict).getEvicted()).isTrue();
        put.setNegative(true).clearLease();
        assertThat(stub.putCachedProduct(put.build()).getStored()).isTrue();
        assertThat(stub.getCachedProduct(get).getState()).isEqualTo(CACHE_STATE_NEGATIVE);
        assertThat(first.get(id).getJson()).isEqualTo(ANNA);
    }

    @Test
    void invalidInputIsRejectedNotShownAndTheOldObjectStays() {
        String id = UniqueIds.next();
        first.put(id, ANNA);
        var empty = PutCachedUserRequest.newBuilder().setId(id);
        StatusAssert.invalidField("content", () -> first.put(empty.clone()));
        StatusAssert.invalidField("negative", () -> first.put(empty.clone().setNegative(false)));
        StatusAssert.invalidField("json", () -> first.put(id, ""));
        StatusAssert.invalidField("json", () -> first.put(id, "{\"a\":\"" + "x".repeat(5_113) + "\"}"));
        StatusRuntimeException e =
                StatusAssert.invalidField("json", () -> first.put(id, "{\"password\":\"swordfish\""));
        assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain("swordfish");
        for (String lease : List.of("a b", "lease\0", "ü", "x".repeat(65))) {
            StatusAssert.invalidField("lease", () -> first.put(id, BERT, lease));
        }
        assertThat(first.get(id).getJson()).isEqualTo(ANNA);
        StatusAssert.invalidField("ids", () -> first.getAll(List.of()));
        StatusAssert.invalidField("ids", () -> first.getAll(Collections.nCopies(101, id)));
    }

    /** The response has an object that was put a moment ago. */
    private static void assertHit(GetCachedUserResponse response, String json) {
        assertThat(millis(response.getAge())).isBetween(0L, 5_000L);
        var hit = GetCachedUserResponse.newBuilder().setState(CACHE_STATE_HIT).setJson(json);
        assertThat(response).isEqualTo(hit.setAge(response.getAge()).build());
    }

    /** Between 270 s and 330 s. */
    private long ttlMillis(String id) {
        CacheSettings settings = TestServer.settings(topology.yaml()).get(CacheSettings.GROUP);
        return TtlPolicy.of(settings).ttlMillis(key(id), false);
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
