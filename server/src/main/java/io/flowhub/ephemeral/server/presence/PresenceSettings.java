package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.time.Duration;

/** @param ttl how long a user is online after a heartbeat */
record PresenceSettings(Duration ttl) {

    static final SettingsGroup<PresenceSettings> GROUP = SettingsGroup.of("presence", PresenceSettings::read);

    private static final Setting<Duration> TTL = GROUP.setting(
            "ttl",
            Parsers.duration("1s", "60s"),
            "10s",
            "how long a user is online after a heartbeat; the same on every server");

    private static PresenceSettings read(SettingReader reader) {
        return new PresenceSettings(reader.get(TTL));
    }
}
