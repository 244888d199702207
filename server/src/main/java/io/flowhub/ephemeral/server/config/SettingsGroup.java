package io.flowhub.ephemeral.server.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The settings of one owner, under one section of the YAML file. The owner's settings record declares each setting once,
 * as a static constant created by {@link #setting} or {@link #secret}, and reads the constants into its components.
 *
 * @param <S> the settings record
 */
public final class SettingsGroup<S> {

    private final String section;
    private final Function<SettingReader, S> read;
    private final BiConsumer<SettingReader, Problems> check;
    private final List<Setting<?>> settings = new ArrayList<>();

    /** The settings record of an owner without settings. */
    public record None() {}

    /** A group whose values need no check beyond that of each value. */
    public static <S> SettingsGroup<S> of(String section, Function<SettingReader, S> read) {
        return of(section, read, (reader, problems) -> {});
    }

    /**
     * A group whose values can contradict each other.
     *
     * @param check reports contradictions; runs before {@code read}, on values that are each valid
     */
    public static <S> SettingsGroup<S> of(
            String section, Function<SettingReader, S> read, BiConsumer<SettingReader, Problems> check) {
        return new SettingsGroup<>(section, read, check);
    }

    /** The group of an owner without settings. */
    public static SettingsGroup<None> none() {
        return of("", reader -> new None());
    }

    private SettingsGroup(String section, Function<SettingReader, S> read, BiConsumer<SettingReader, Problems> check) {
        this.section = section;
        this.read = read;
        this.check = check;
    }

    /**
     * Declares a setting. Only the static initializer of the settings record may call this.
     *
     * @param name without the section: {@code timeout} for {@code redis.timeout}
     * @param defaultText empty if there is no default
     */
    public <T> Setting<T> setting(String name, Function<Object, T> parser, String defaultText, String meaning) {
        return add(new Setting<>(section + "." + name, parser, defaultText, false, false, meaning));
    }

    /** Declares a setting whose changes apply while the server runs. */
    public <T> Setting<T> reloadable(String name, Function<Object, T> parser, String defaultText, String meaning) {
        return add(new Setting<>(section + "." + name, parser, defaultText, false, true, meaning));
    }

    /** Declares a setting without a default whose value is never printed. */
    public Setting<String> secret(String name, String meaning) {
        return add(new Setting<>(section + "." + name, Parsers.text(), "", true, false, meaning));
    }

    private <T> Setting<T> add(Setting<T> setting) {
        settings.add(setting);
        return setting;
    }

    String section() {
        return section;
    }

    List<Setting<?>> settings() {
        return Collections.unmodifiableList(settings);
    }

    S read(SettingReader reader) {
        return read.apply(reader);
    }

    void check(SettingReader reader, Problems problems) {
        check.accept(reader, problems);
    }
}
