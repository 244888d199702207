package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Bad input is refused before anything is asked of Redis. */
class CacheInputTest {

    private static TestServer server;
    private static CachedUserCalls users;

    private final String id = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        users = new CachedUserCalls(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a}", "a b", "tab\t", "nul\0", "ümlaut\u00a0space"})
    void malformedIdIsNamedWithItsRule(String bad) {
        StatusAssert.invalidField("id", () -> users.get(bad));
        StatusAssert.invalidField("id", () -> users.put(bad, "{}"));
        StatusAssert.invalidField("id", () -> users.evict(bad));
        StatusAssert.invalidField("ids[1]", () -> users.getAll(List.of(id, bad)));
        var stub = users.stub();
        var get = GetCachedProductRequest.newBuilder().setId(bad).build();
        var put = PutCachedProductRequest.newBuilder().setId(bad).setJson("{}").build();
        var evict = EvictCachedProductRequest.newBuilder().setId(bad).build();
        var batch = BatchGetCachedProductsRequest.newBuilder().addIds(bad).build();
        StatusAssert.invalidField("id", () -> stub.getCachedProduct(get));
        StatusAssert.invalidField("id", () -> stub.putCachedProduct(put));
        StatusAssert.invalidField("id", () -> stub.evictCachedProduct(evict));
        StatusAssert.invalidField("ids[0]", () -> stub.batchGetCachedProducts(batch));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRefused(int size) {
        StatusAssert.invalidField("ids", () -> users.getAll(Collections.nCopies(size, id)));
    }

    @Test
    void putOfNothingIsRefused() {
        var nothing = PutCachedUserRequest.newBuilder().setId(id);
        StatusAssert.invalidField("content", () -> users.put(nothing.clone()));
        StatusAssert.invalidField("negative", () -> users.put(nothing.clone().setNegative(false)));
        StatusAssert.invalidField("json", () -> users.put(id, ""));
        assertNothingStored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"text\"", "12", "null", "{", "{}{}", "{\"password\":\"swordfish\"", "{'a':1}"})
    void whatIsNoObjectIsRefusedAndNotRepeated(String json) {
        StatusRuntimeException e = StatusAssert.invalidField("json", () -> users.put(id, json));
        assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain("swordfish");
        assertNothingStored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "lease\0", "ü", "12345678901234567890123456789012345678901234567890123456789012345"})
    void whatCannotBeALeaseIsRefused(String lease) {
        StatusAssert.invalidField("lease", () -> users.put(id, "{}", lease));
        assertNothingStored();
    }

    private void assertNothingStored() {
        try (Jedis redis = TestRedis.jedis()) {
            assertThat(redis.exists("cache:user:" + id)).isFalse();
        }
    }
}
