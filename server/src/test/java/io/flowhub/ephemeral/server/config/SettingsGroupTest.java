package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.fixture.ReferencePage;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("unit")
class SettingsGroupTest {

    /** Values to change a setting to; the first one that its parser accepts and that is not the default counts. */
    private static final List<String> VALUES = List.of(
            "x".repeat(32),
            "7",
            "8",
            "false",
            "true",
            "local",
            "[a]",
            "deny",
            "month",
            ".",
            "400ms",
            "267s",
            "16s",
            "40MB",
            "json",
            "debug",
            "{a: debug}",
            "{a: {limit: 1, window: 1s}}");

    static Stream<Setting<?>> settings() {
        // The address and its companions are one component, tested in RedisEndpointTest.
        String ofAddress =
                "redis\\.(url|topology|sentinel_master|username|password|redisson_file|embedded_memory|tls_.*)";
        return Features.settings().settings().stream()
                .filter(setting -> !setting.name().matches(ofAddress))
                .filter(setting -> !setting.name().startsWith("tls.")) // of files that fit, in TlsSettingsTest
                .filter(setting -> !setting.name().equals("callers.file")) // of a file that exists
                .filter(setting -> !setting.name().equals("otp.previous_pepper")); // which needs a pepper
    }

    @ParameterizedTest
    @MethodSource("settings")
    void changesTheComponentOfItsNameAndNoOther(Setting<?> setting) throws Exception {
        var changed = components(ConfigBuilder.env(setting.env(), otherValue(setting)));
        changed.entrySet().removeAll(components(ConfigBuilder.empty()).entrySet());

        assertThat(changed).containsOnlyKeys(setting.name().replace("_", ""));
    }

    @Test
    void referenceListsEverySettingWithVariableDefaultAndMeaning() throws IOException {
        StringBuilder table =
                new StringBuilder("| Setting | Environment variable | Default | Meaning |\n|---|---|---|---|\n");
        for (Setting<?> setting : Features.settings().settings()) {
            String shown = setting.defaultText().isEmpty() ? "" : "`" + setting.defaultText() + "`";
            table.append(
                    "| `%s` | `%s` | %s | %s |\n".formatted(setting.name(), setting.env(), shown, setting.meaning()));
        }
        ReferencePage.assertTable("configuration.md", table.toString());
    }

    @Test
    void settingDeclaredTwiceIsRejected() {
        assertThatThrownBy(() -> new SettingCatalog(List.of(ServerSettings.GROUP)))
                .hasMessage("server.host is declared twice");
    }

    private static String otherValue(Setting<?> setting) {
        if (setting.equals(ServerSettings.HOST)) {
            return "localhost"; // other hosts need TLS
        }
        for (String value : VALUES) {
            try {
                Object parsed = setting.parser().apply(value);
                if (setting.secret()
                        || setting.defaultText().isEmpty()
                        || !parsed.equals(setting.parser().apply(setting.defaultText()))) {
                    return value;
                }
            } catch (IllegalArgumentException e) {
                // Not of this type.
            }
        }
        throw new AssertionError("no other value for " + setting.name());
    }

    /** Each value by {@code section.component}, in lower case. */
    private static Map<String, Object> components(ConfigBuilder config) throws Exception {
        Map<String, Object> values = new HashMap<>();
        Settings settings = config.settings();
        for (SettingsGroup<?> group : settings.byGroup().keySet()) {
            Object section = settings.get(group);
            for (RecordComponent component : section.getClass().getRecordComponents()) {
                Method accessor = component.getAccessor();
                accessor.setAccessible(true); // the records of features are package-private
                String name = group.section().replace("_", "") + "." + component.getName();
                values.put(name.toLowerCase(Locale.ROOT), accessor.invoke(section));
            }
        }
        return values;
    }
}
