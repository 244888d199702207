package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Bad input is refused before anything is asked of Redis. */
class BadInputTest {

    private static TestServer server;
    private static Users users;

    private final String id = Fresh.id();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        users = new Users(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a}", "a b", "tab\t", "nul\0", "ümlaut\u00a0space"})
    void malformedIdIsNamedWithItsRule(String bad) {
        assertViolation(() -> users.get(bad), "id");
        assertViolation(() -> users.put(bad, "{}"), "id");
        assertViolation(() -> users.evict(bad), "id");
        assertViolation(() -> users.getAll(List.of(id, bad)), "ids[1]");
        var stub = users.stub();
        assertViolation(
                () -> stub.getCachedProduct(
                        GetCachedProductRequest.newBuilder().setId(bad).build()),
                "id");
        assertViolation(
                () -> stub.putCachedProduct(PutCachedProductRequest.newBuilder()
                        .setId(bad)
                        .setJson("{}")
                        .build()),
                "id");
        assertViolation(
                () -> stub.evictCachedProduct(
                        EvictCachedProductRequest.newBuilder().setId(bad).build()),
                "id");
        assertViolation(
                () -> stub.batchGetCachedProducts(
                        BatchGetCachedProductsRequest.newBuilder().addIds(bad).build()),
                "ids[0]");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRefused(int size) {
        assertViolation(() -> users.getAll(Collections.nCopies(size, id)), "ids");
    }

    @Test
    void putOfNothingIsRefused() {
        assertViolation(() -> users.put(PutCachedUserRequest.newBuilder().setId(id)), "content");
        assertViolation(
                () -> users.put(PutCachedUserRequest.newBuilder().setId(id).setNegative(false)), "negative");
        assertViolation(() -> users.put(id, ""), "json");
        assertNothingStored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"text\"", "12", "null", "{", "{}{}", "{\"password\":\"swordfish\"", "{'a':1}"})
    void whatIsNoObjectIsRefusedAndNotRepeated(String json) {
        StatusRuntimeException e = assertViolation(() -> users.put(id, json), "json");
        assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain("swordfish");
        assertNothingStored();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "lease\0", "ü", "12345678901234567890123456789012345678901234567890123456789012345"})
    void whatCannotBeALeaseIsRefused(String lease) {
        assertViolation(() -> users.put(id, "{}", lease), "lease");
        assertNothingStored();
    }

    private void assertNothingStored() {
        try (Jedis redis = TestRedis.jedis()) {
            assertThat(redis.exists("cache:user:" + id)).isFalse();
        }
    }

    private static StatusRuntimeException assertViolation(ThrowingCallable call, String field) {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(e.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(e.getStatus().getDescription()).startsWith(field + ": ").contains("(expected: ");
        try {
            List<Any> details = StatusProto.fromThrowable(e).getDetailsList();
            assertThat(details.get(0).unpack(ErrorInfo.class).getReason()).isEqualTo("ERROR_REASON_INVALID_FIELD");
            assertThat(details.get(1)
                            .unpack(BadRequest.class)
                            .getFieldViolations(0)
                            .getField())
                    .isEqualTo(field);
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
        return e;
    }
}
