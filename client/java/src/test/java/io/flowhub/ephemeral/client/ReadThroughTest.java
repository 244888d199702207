package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.Code;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one caller gets. */
@Timeout(60)
class ReadThroughTest {

    private static final String JSON = "{\"name\":\"Ann\"}";

    private FakeServer server;
    private FakeCache cache;
    private EphemeralClient client;
    private ReadThrough users;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        cache = server.cache;
        client = EphemeralClient.builder(server.target())
                .plaintext()
                .deadline(Duration.ofSeconds(20))
                .maxCacheWait(Duration.ofSeconds(10))
                .loadDeadline(Duration.ofSeconds(20))
                .build();
        users = client.users();
    }

    @AfterEach
    void stop() {
        server.close(); // First, for a client that closes waits for puts that a test left unanswered.
        client.close();
    }

    @Test
    void missIsLoadedOnceAndThenComesFromTheCache() throws Exception {
        TestLoader loader = TestLoader.of(JSON);

        assertThat(users.get("42", loader)).contains(JSON);
        Eventually.holds(() -> cache.holds("42"));

        assertThat(users.get("42", loader)).contains(JSON);
        assertThat(users.getAsync("42", loader).get(10, TimeUnit.SECONDS)).contains(JSON);
        assertThat(loader.loads).hasValue(1);
        assertThat(cache.puts).singleElement().matches(put -> !put.getLease().isEmpty());
    }

    @Test
    void productsAreReadThroughAsUsersAreAndApartFromThem() throws Exception {
        assertThat(client.products().get("42", TestLoader.of("{\"price\":5}"))).contains("{\"price\":5}");
        Eventually.holds(() -> cache.holds("product-42"));

        assertThat(client.products().get("42", TestLoader.ofNothing())).contains("{\"price\":5}");
        assertThat(users.get("42", TestLoader.ofNothing())).isEmpty();
        assertThat(client.products().evict("42")).isTrue();
        assertThat(client.products().get("42", TestLoader.ofNothing())).isEmpty();
    }

    @Test
    void c7_whatDoesNotExistIsRememberedUntilItIsEvicted() throws Exception {
        TestLoader loader = TestLoader.ofNothing();
        assertThat(users.get("42", loader)).isEmpty();
        Eventually.holds(() -> cache.holds("42"));
        assertThat(users.get("42", loader)).isEmpty();
        assertThat(loader.loads).hasValue(1);

        users.evict("42");

        assertThat(users.get("42", TestLoader.of(JSON))).contains(JSON);
    }

    @Test
    void entryPastItsSoftAgeIsAnsweredAtOnceAndLoadedAnewByOne() throws Exception {
        cache.put("42", "{\"name\":\"old\"}");
        cache.age("42");
        TestLoader loader = TestLoader.of(JSON).holding();

        assertThat(users.get("42", loader)).contains("{\"name\":\"old\"}");
        loader.awaitLoads(1);
        cache.age("42"); // As if the lease had ended meanwhile.
        assertThat(users.get("42", loader)).contains("{\"name\":\"old\"}");
        assertThat(loader.loads).hasValue(1);

        cache.age("42");
        loader.letGo();
        Eventually.holds(() -> !cache.puts.isEmpty());
        assertThat(cache.refusedPuts).as("its lease had ended").hasValue(1);
        Eventually.holds(() -> {
            cache.age("42");
            return users.get("42", loader).equals(Optional.of(JSON));
        });
    }

    @Test
    void refreshThatFailsLeavesTheOldValue() throws Exception {
        cache.put("42", JSON);
        cache.age("42");
        TestLoader fails = TestLoader.of(JSON);

        assertThat(users.get("42", id -> {
                    var unused = fails.load(id);
                    throw new IOException("no database");
                }))
                .contains(JSON);
        fails.awaitLoads(1);

        assertThat(users.get("42", TestLoader.ofNothing())).contains(JSON);
        assertThat(cache.puts).isEmpty();
    }

    @Test
    void c9_valueThatIsTooLongIsAnsweredAndNotSent() throws Exception {
        String fits = "{\"s\":\"" + "ä".repeat(2_556) + "\"}";
        String tooLong = "{\"s\":\"" + "ä".repeat(2_557) + "\"}";

        assertThat(users.get("1", TestLoader.of(fits))).contains(fits);
        assertThat(users.get("2", TestLoader.of(tooLong))).contains(tooLong);

        Eventually.holds(() -> cache.holds("1"));
        assertThat(cache.puts).extracting(PutCachedUserRequest::getId).containsExactly("1");
    }

    @Test
    void valueIsAnsweredAlthoughThePutIsRefusedOrNeverAnswered() {
        assertThat(users.get("1", id -> {
                    users.evict(id); // Somebody changes it while it is loaded.
                    return TestLoader.of(JSON).load(id);
                }))
                .contains(JSON);
        cache.ignoresPuts = true;
        assertThat(users.get("2", TestLoader.of(JSON))).contains(JSON);
    }

    @Test
    void c6_whatTheLoaderThrowsIsTheCauseAndIsNotCached() {
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
    void badIdIsTheCallersMistakeAndToldSo() {
        cache.failure = Failures.status(Code.INVALID_ARGUMENT, Failures.info("ERROR_REASON_INVALID_FIELD"));
        TestLoader loader = TestLoader.of(JSON);

        Throwable thrown = catchThrowable(() -> users.get("4:2", loader));

        assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(EphemeralErrors.reasonName(thrown)).contains("ERROR_REASON_INVALID_FIELD");
        assertThat(loader.loads).hasValue(0);
    }

    @Test
    void evictionThatFailsIsTold() {
        cache.failure = Failures.status(Code.FAILED_PRECONDITION);

        assertThatThrownBy(() -> users.evict("42"))
                .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                .isEqualTo(Status.Code.FAILED_PRECONDITION);
    }

    @SuppressWarnings("NullAway") // The mistake that is tested.
    private static Optional<String> forgotten(String id) {
        return null;
    }
}
