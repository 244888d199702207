package io.flowhub.ephemeral.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.error.DrainingException;
import io.flowhub.ephemeral.server.error.FeatureDisabledException;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.error.NotFoundException;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.PermissionDeniedException;
import io.flowhub.ephemeral.server.error.QuotaExceededException;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.error.UnauthenticatedException;
import io.flowhub.ephemeral.server.fixture.ReferencePage;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table in docs/reference/errors.md is generated from the comments of error_reason.proto. */
@Tag("unit")
class ErrorsReferenceTest {

    private static final Path PROTO = Path.of("../proto/src/main/proto/flowhub/ephemeral/v1/error_reason.proto");

    private static final Pattern VALUE = Pattern.compile("((?: +//.*\n)+) +(ERROR_REASON_\\w+) = (\\d+);");
    private static final Pattern STATUS = Pattern.compile("Status ([A-Z_]+)");
    private static final Pattern METADATA = Pattern.compile("\"metadata\": \\{(.*)}");
    private static final Pattern METADATA_KEY = Pattern.compile("\"(\\w+)\":");

    @Test
    void referenceHasTheTextOfTheContractAndARowForEveryReason() throws IOException {
        String header = "| Reason | Status | RetryInfo | Metadata | Meaning |\n|---|---|---|---|---|\n";
        ReferencePage.assertTable(
                "errors.md",
                header + String.join("", rows().stream().map(Row::line).toList()));
        assertThat(rows())
                .extracting(Row::reason)
                .containsExactlyElementsOf(Arrays.stream(ErrorReason.values())
                        .filter(reason -> reason != ErrorReason.UNRECOGNIZED)
                        .filter(reason -> reason != ErrorReason.ERROR_REASON_UNSPECIFIED)
                        .map(ErrorReason::name)
                        .toList());
        assertThat(rows())
                .extracting(row -> Status.Code.valueOf(row.status()))
                .doesNotContain(Status.Code.OK, Status.Code.UNKNOWN);
    }

    @Test
    void serverSendsWhatTheReferenceStates() throws IOException {
        List<ServiceException> failures = List.of(
                new InvalidFieldException("user_id", "", "1 to 128 bytes"),
                new NotFoundException(ErrorReason.ERROR_REASON_UNKNOWN_ACTION, "", Map.of("action", "search")),
                new RedisUnavailableException(""),
                new OverloadedException(""),
                new RedisRejectedException("NOPERM", null),
                new CancelledException(),
                new BudgetFullException(""),
                new FeatureDisabledException(ErrorReason.ERROR_REASON_OTP_DISABLED, ""),
                new DrainingException(Duration.ofSeconds(1)),
                new UnauthenticatedException(""),
                new PermissionDeniedException("RateLimitService/CheckRate", "action", "search"),
                new QuotaExceededException("calls_per_second", Duration.ofSeconds(1)),
                new NotFoundException(ErrorReason.ERROR_REASON_FLAG_NOT_SET, "", Map.of("flag_key", "dark_mode")));
        assertThat(failures.stream()
                        .map(failure -> failure.getClass().getSimpleName())
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(ServiceException.class.getPermittedSubclasses())
                        .map(Class::getSimpleName)
                        .toList());
        assertThat(failures)
                .extracting(failure -> List.<Object>of(
                        failure.reason().name(),
                        failure.code().name(),
                        failure.retryDelay() != null,
                        failure.metadata().keySet()))
                .containsExactlyElementsOf(rows().stream()
                        .filter(row -> !row.reason().equals(ErrorReason.ERROR_REASON_INTERNAL.name()))
                        .map(row -> List.<Object>of(
                                row.reason(), row.status(), row.retryInfo(), Set.copyOf(row.metadata())))
                        .toList());
    }

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        Matcher value = VALUE.matcher(Files.readString(PROTO));
        while (value.find()) {
            if (Integer.parseInt(value.group(3)) != 0) {
                rows.add(Row.of(value.group(2), value.group(1).replaceAll("(?m)^ +// ?", "")));
            }
        }
        return rows;
    }

    private record Row(String reason, String status, boolean retryInfo, List<String> metadata, String meaning) {

        static Row of(String reason, String comment) {
            String meaning = comment.lines().takeWhile(line -> !line.isBlank()).collect(Collectors.joining(" "));
            Matcher status = STATUS.matcher(meaning);
            assertThat(status.find()).as("%s names its status", reason).isTrue();
            List<String> metadata = METADATA.matcher(comment)
                    .results()
                    .flatMap(example -> METADATA_KEY.matcher(example.group(1)).results())
                    .map(key -> key.group(1))
                    .toList();
            return new Row(reason, status.group(1), meaning.contains("google.rpc.RetryInfo"), metadata, meaning);
        }

        String line() {
            String keys = metadata.stream().map("`%s`"::formatted).collect(Collectors.joining(", "));
            return "| `%s` | %s | %s | %s | %s |\n".formatted(reason, status, retryInfo ? "yes" : "", keys, meaning);
        }
    }
}
