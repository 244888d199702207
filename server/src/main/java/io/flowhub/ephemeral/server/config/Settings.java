package io.flowhub.ephemeral.server.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The settings in force: one settings record per {@link SettingsGroup}, checked and complete. */
public record Settings(Map<SettingsGroup<?>, Object> byGroup) {

    static Settings read(SettingCatalog catalog, SettingReader reader) {
        Map<SettingsGroup<?>, Object> byGroup = new LinkedHashMap<>();
        catalog.groups().forEach(group -> byGroup.put(group, group.read(reader)));
        return new Settings(byGroup);
    }

    @SuppressWarnings("unchecked") // Each record was made by its group.
    public <S> S get(SettingsGroup<S> group) {
        return (S) Objects.requireNonNull(byGroup.get(group), "not in the catalog");
    }

    public ServerSettings server() {
        return get(ServerSettings.GROUP);
    }

    public RedisSettings redis() {
        return get(RedisSettings.GROUP);
    }

    @Override
    public String toString() {
        return byGroup.values().toString();
    }
}
