package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.config.DataSize;
import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;

/**
 * The size of the budget.
 *
 * @param maxMemory of all masters together; applies to masters without a maxmemory of their own
 */
record BudgetSettings(DataSize maxMemory) {

    static final SettingsGroup<BudgetSettings> GROUP = SettingsGroup.of("budget", BudgetSettings::read);

    private static final Setting<DataSize> MAX_MEMORY = GROUP.setting(
            "max_memory",
            Parsers.dataSize("1MB", "64GB"),
            "30MB",
            "memory that Redis may use if it has no maxmemory of its own; shared evenly by the masters of a Cluster");

    private static BudgetSettings read(SettingReader reader) {
        return new BudgetSettings(reader.get(MAX_MEMORY));
    }
}
