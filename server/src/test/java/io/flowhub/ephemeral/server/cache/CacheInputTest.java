package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.Collections;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Invalid input is rejected before a command is sent to Redis. */
@Tag("contract")
@Tag("quick")
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
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRejected(int size) {
        StatusAssert.invalidField("ids", () -> users.getAll(Collections.nCopies(size, id)));
    }

    @Test
    void putWithoutContentIsRejected() {
        var empty = PutCachedUserRequest.newBuilder().setId(id);
        StatusAssert.invalidField("content", () -> users.put(empty.clone()));
        StatusAssert.invalidField("negative", () -> users.put(empty.clone().setNegative(false)));
        StatusAssert.invalidField("json", () -> users.put(id, ""));
        assertNothingStored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"text\"", "12", "null", "{", "{}{}", "{\"password\":\"swordfish\"", "{'a':1}"})
    void textThatIsNotAJsonObjectIsRejectedAndNotShown(String json) {
        StatusRuntimeException e = StatusAssert.invalidField("json", () -> users.put(id, json));
        assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain("swordfish");
        assertNothingStored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "lease\0", "ü", "12345678901234567890123456789012345678901234567890123456789012345"})
    void malformedLeaseIsRejected(String lease) {
        StatusAssert.invalidField("lease", () -> users.put(id, "{}", lease));
        assertNothingStored();
    }

    private void assertNothingStored() {
        try (Jedis redis = TestRedis.jedis()) {
            assertThat(redis.exists("cache:user:" + id)).isFalse();
        }
    }
}
