package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    @Test
    void tableOfSettingsIsWhatTheServerKnows() throws IOException {
        String readme = Files.readString(Path.of("..", "README.md"));
        StringBuilder table = new StringBuilder();
        for (Setting<?> key : SettingCatalog.ALL) {
            table.append("| `%s` | `%s` | %s | %s |%n"
                    .formatted(
                            key.name(),
                            key.env(),
                            key.defaultText().isEmpty() ? "" : "`" + key.defaultText() + "`",
                            key.meaning()));
        }
        assertThat(readme).contains(table);
    }
}
