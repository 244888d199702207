package io.flowhub.ephemeral.server.flagd;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.util.List;

/**
 * What the protocols of flagd cannot learn from Redis.
 *
 * @param features the features that ResolveAll reads
 */
record FlagdSettings(List<String> features) {

    static final SettingsGroup<FlagdSettings> GROUP = SettingsGroup.of("flag", FlagdSettings::read);

    private static final int MAX_FEATURES = 100;

    private static final Setting<List<String>> FEATURES = GROUP.reloadable(
            "features",
            Parsers.ids(MAX_FEATURES),
            "[]",
            "the features that ResolveAll of the flagd protocol reads, at most " + MAX_FEATURES
                    + "; reloaded when the file changes");

    FlagdSettings {
        features = List.copyOf(features);
    }

    private static FlagdSettings read(SettingReader reader) {
        return new FlagdSettings(reader.get(FEATURES));
    }
}
