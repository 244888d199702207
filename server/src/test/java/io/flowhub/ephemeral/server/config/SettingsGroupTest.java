package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.Features;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
            "local",
            "400ms",
            "267s",
            "16s",
            "40MB",
            "{login: {limit: 1, window: 1s}}");

    static Stream<Setting<?>> settings() {
        // The address and its companions are one component, tested in RedisEndpointTest. A previous pepper needs a
        // pepper.
        return Features.settings().settings().stream()
                .filter(setting -> !setting.name()
                        .matches(
                                "redis\\.(url|topology|sentinel_master|username|password|redisson_file|embedded_memory)"
                                        + "|otp\\.previous_pepper"));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void changesTheComponentOfItsNameAndNoOther(Setting<?> setting) throws Exception {
        Settings defaults = ConfigBuilder.empty().settings();
        Settings changed = ConfigBuilder.env(setting.env(), otherValue(setting)).settings();

        assertThat(changedComponents(defaults, changed))
                .containsExactly(setting.name().replace("_", "").toLowerCase(Locale.ROOT));
    }

    @Test
    void settingDeclaredTwiceIsRejected() {
        assertThatThrownBy(() -> new SettingCatalog(List.of(ServerSettings.GROUP)))
                .hasMessage("server.host is declared twice");
    }

    private static String otherValue(Setting<?> setting) {
        for (String value : VALUES) {
            try {
                Object parsed = setting.parser().apply(value);
                if (setting.secret() || !parsed.equals(setting.parser().apply(setting.defaultText()))) {
                    return value;
                }
            } catch (IllegalArgumentException e) {
                // Not of this type.
            }
        }
        throw new AssertionError("no other value for " + setting.name());
    }

    /** As {@code section.component}, in lower case. */
    private static List<String> changedComponents(Settings before, Settings after) throws Exception {
        List<String> changed = new ArrayList<>();
        for (SettingsGroup<?> group : before.byGroup().keySet()) {
            Map<String, Object> old = components(before.get(group));
            components(after.get(group)).forEach((name, value) -> {
                if (!Objects.equals(value, old.get(name))) {
                    String section = group.section().replace("_", "");
                    changed.add(section + "." + name.toLowerCase(Locale.ROOT));
                }
            });
        }
        return changed;
    }

    private static Map<String, Object> components(Object settings) throws Exception {
        Map<String, Object> values = new HashMap<>();
        for (RecordComponent component : settings.getClass().getRecordComponents()) {
            Method accessor = component.getAccessor();
            accessor.setAccessible(true); // the records of features are package-private
            values.put(component.getName(), accessor.invoke(settings));
        }
        return values;
    }
}
