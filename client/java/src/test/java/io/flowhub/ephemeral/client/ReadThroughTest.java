package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.Code;
import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeCache;
import io.flowhub.ephemeral.client.fixture.GatedLoader;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.Status;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Reads by one caller. */
class ReadThroughTest extends WithFakeServer {

    private final FakeCache cache = server.cache;
    private final ReadThrough users = client.users();

    @Test
    void missIsLoadedOnceAndThenCached() throws Exception {
        GatedLoader loader = GatedLoader.of(JSON);

        assertThat(users.get("42", loader)).contains(JSON);
        Await.until("a put", () -> cache.holds("42"));

        assertThat(users.get("42", loader)).contains(JSON);
        assertThat(users.getAsync("42", loader).get(10, TimeUnit.SECONDS)).contains(JSON);
        assertThat(loader.loads).hasValue(1);
        assertThat(cache.puts).singleElement().matches(put -> !put.getLease().isEmpty());
    }

    @Test
    void productsAreCachedSeparatelyFromUsers() throws Exception {
        ReadThrough products = client.products();
        assertThat(products.get("42", GatedLoader.of(JSON))).contains(JSON);
        Await.until("a put", () -> server.products.holds("42"));

        assertThat(products.get("42", GatedLoader.ofNothing())).contains(JSON);
        assertThat(users.get("42", GatedLoader.ofNothing())).isEmpty();
        assertThat(products.evict("42")).isTrue();
        assertThat(products.get("42", GatedLoader.ofNothing())).isEmpty();
    }

    @Test
    void absentObjectIsCachedUntilItIsEvicted() throws Exception {
        GatedLoader loader = GatedLoader.ofNothing();
        assertThat(users.get("42", loader)).isEmpty();
        Await.until("a put", () -> cache.holds("42"));
        assertThat(users.get("42", loader)).isEmpty();
        assertThat(loader.loads).hasValue(1);

        users.evict("42");

        assertThat(users.get("42", GatedLoader.of(JSON))).contains(JSON);
    }

    @Test
    void staleEntryIsReturnedAtOnceAndReloadedOnce() throws Exception {
        cache.put("42", "{\"name\":\"old\"}");
        cache.age("42");
        GatedLoader loader = GatedLoader.of(JSON).holding();

        assertThat(users.get("42", loader)).contains("{\"name\":\"old\"}");
        loader.awaitLoads(1);
        cache.age("42"); // As if the lease had ended.
        assertThat(users.get("42", loader)).contains("{\"name\":\"old\"}");
        assertThat(loader.loads).hasValue(1);

        cache.age("42");
        loader.release();
        Await.until("a put", () -> !cache.puts.isEmpty());
        assertThat(cache.rejectedPuts).as("its lease had ended").hasValue(1);
        Await.until("the reloaded value", () -> {
            cache.age("42");
            return users.get("42", loader).equals(Optional.of(JSON));
        });
    }

    @Test
    void failedReloadKeepsTheOldValue() throws Exception {
        cache.put("42", JSON);
        cache.age("42");
        GatedLoader fails = GatedLoader.of(JSON);

        assertThat(users.get("42", fails.failing())).contains(JSON);
        fails.awaitLoads(1);

        assertThat(users.get("42", GatedLoader.ofNothing())).contains(JSON);
        assertThat(cache.puts).isEmpty();
    }

    @Test
    void tooLongValueIsReturnedAndNotPut() throws Exception {
        String fits = "{\"s\":\"" + "ä".repeat(2_556) + "\"}";
        String tooLong = "{\"s\":\"" + "ä".repeat(2_557) + "\"}";

        assertThat(users.get("1", GatedLoader.of(fits))).contains(fits);
        assertThat(users.get("2", GatedLoader.of(tooLong))).contains(tooLong);

        Await.until("a put", () -> cache.holds("1"));
        assertThat(cache.puts).extracting(PutCachedUserRequest::getId).containsExactly("1");
    }

    @Test
    void valueIsReturnedAlthoughThePutIsUnanswered() {
        cache.ignoresPuts = true;

        assertThat(users.get("42", GatedLoader.of(JSON))).contains(JSON);
    }

    @Test
    void exceptionOfTheLoaderIsTheCauseAndNothingIsCached() {
        IOException thrown = new IOException("no database");

        assertThatThrownBy(() -> users.get("42", id -> {
                    throw thrown;
                }))
                .isInstanceOf(LoadException.class)
                .hasMessage("The loader failed")
                .cause()
                .isSameAs(thrown);
        assertThatThrownBy(() -> client.products()
                        .getAsync("42", ReadThroughTest::forgotten)
                        .get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(LoadException.class)
                .hasCauseInstanceOf(NullPointerException.class);

        assertThat(cache.puts).isEmpty();
    }

    @Test
    void invalidIdIsRejectedWithoutALoad() {
        cache.failure = Statuses.status(Code.INVALID_ARGUMENT, Statuses.info("ERROR_REASON_INVALID_FIELD"));
        GatedLoader loader = GatedLoader.of(JSON);

        Throwable thrown = catchThrowable(() -> users.get("4:2", loader));

        assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(EphemeralErrors.reasonName(thrown)).contains("ERROR_REASON_INVALID_FIELD");
        assertThat(loader.loads).hasValue(0);
    }

    @Test
    void failedEvictionThrows() {
        cache.failure = Statuses.status(Code.FAILED_PRECONDITION);

        assertFails(Status.Code.FAILED_PRECONDITION, () -> users.evict("42"));
    }

    @SuppressWarnings("NullAway") // The error under test.
    private static Optional<String> forgotten(String id) {
        return null;
    }
}
