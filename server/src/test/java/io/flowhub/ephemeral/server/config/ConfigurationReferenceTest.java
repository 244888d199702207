package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.fixture.ReferencePage;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class ConfigurationReferenceTest {

    @Test
    void referenceListsEverySettingWithVariableDefaultAndMeaning() throws IOException {
        StringBuilder table =
                new StringBuilder("| Setting | Environment variable | Default | Meaning |\n|---|---|---|---|\n");
        for (Setting<?> setting : Features.settings().settings()) {
            table.append("| `%s` | `%s` | %s | %s |\n"
                    .formatted(
                            setting.name(),
                            setting.env(),
                            setting.defaultText().isEmpty() ? "" : "`" + setting.defaultText() + "`",
                            setting.meaning()));
        }
        ReferencePage.assertTable("configuration.md", table.toString());
    }
}
