package io.flowhub.ephemeral.server.config;

import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** YAML as maps, lists, text, numbers and booleans; no other type can be asked for, and no key stands twice. */
final class YamlText {

    /** Returns what the text says, or empty text if it says nothing. */
    static Object parse(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        Object root = new Yaml(new SafeConstructor(options)).load(text);
        return root == null ? "" : root;
    }

    private YamlText() {}
}
