package io.flowhub.ephemeral.server.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All settings: those of the server and of Redis, then those of the other owners, in their order. */
public final class SettingCatalog {

    private final List<SettingsGroup<?>> groups;
    private final Map<String, Setting<?>> byName;

    public SettingCatalog(List<SettingsGroup<?>> furtherGroups) {
        this.groups = Stream.concat(Stream.of(ServerSettings.GROUP, RedisSettings.GROUP), furtherGroups.stream())
                .toList();
        this.byName = groups.stream()
                .flatMap(group -> group.settings().stream())
                .collect(Collectors.toMap(
                        Setting::name,
                        setting -> setting,
                        (first, second) -> {
                            throw new IllegalStateException(first.name() + " is declared twice");
                        },
                        LinkedHashMap::new));
    }

    List<SettingsGroup<?>> groups() {
        return groups;
    }

    /** In the order in which they are declared and printed. */
    List<Setting<?>> settings() {
        return List.copyOf(byName.values());
    }

    Map<String, Setting<?>> byName() {
        return byName;
    }
}
