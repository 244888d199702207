package io.flowhub.ephemeral.server.admin;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import org.jspecify.annotations.Nullable;

/**
 * Where the HTTP listener is.
 *
 * @param port 0 for no listener; null for the default port, if nothing else has it
 */
public record AdminSettings(String host, @Nullable Integer port) {

    public static final SettingsGroup<AdminSettings> GROUP = SettingsGroup.of("admin", AdminSettings::read);

    private static final Setting<Integer> PORT = GROUP.setting(
            "port",
            Parsers.integer(0, 65_535),
            "",
            "TCP port of the HTTP listener with metrics and probes; 0 turns it off; unset it is 9091, or off with a warning"
                    + " if that port is taken");
    private static final Setting<String> HOST = GROUP.setting(
            "host",
            Parsers.text(),
            "127.0.0.1",
            "address of the HTTP listener, which has no TLS: everyone who reaches it reads the metrics");

    private static AdminSettings read(SettingReader reader) {
        return new AdminSettings(reader.get(HOST), reader.find(PORT));
    }
}
