package io.flowhub.ephemeral.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The guide prints the table of {@link RetrySafety}. */
@Tag("unit")
class RetryTableTest {

    private static final Path GUIDE = Path.of("../../docs/guides/java-client.md");
    private static final String HEADER = "| Call | Retried | Why |\n|---|---|---|\n";

    @Test
    void guideListsTheRuleOfEveryRpc() throws IOException {
        String table = RetrySafety.rules().stream()
                .map(rule -> "| `%s` | %s | %s |\n".formatted(rule.rpc(), rule.condition(), rule.reason()))
                .collect(Collectors.joining("", HEADER, ""));

        assertThat(Files.readString(GUIDE)).as("the table has to be:\n" + table).contains(table + "\n");
    }
}
