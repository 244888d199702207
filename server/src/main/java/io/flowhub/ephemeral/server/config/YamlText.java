package io.flowhub.ephemeral.server.config;

import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.DuplicateKeyException;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;
import org.yaml.snakeyaml.scanner.ScannerException;

/**
 * YAML as maps, lists and text; duplicate keys are rejected. Numbers, booleans and dates stay text: YAML 1.1 would turn the
 * password {@code 0123} into {@code 83} and the action {@code on} into {@code true}.
 */
final class YamlText {

    /**
     * Returns the root of the tree, or empty text if the document is empty.
     *
     * @throws IllegalArgumentException with line and column, and without the text found there: it may be a secret
     */
    static Object parse(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        DumperOptions unused = new DumperOptions();
        Yaml yaml = new Yaml(new SafeConstructor(options), new Representer(unused), unused, options, new TextOnly());
        try {
            Object root = yaml.load(text);
            return root == null ? "" : root;
        } catch (YAMLException e) {
            throw new IllegalArgumentException("not YAML: " + problem(e));
        }
    }

    /** The text as a double-quoted YAML scalar on one line. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private static String problem(YAMLException e) {
        if (!(e instanceof MarkedYAMLException marked) || marked.getProblemMark() == null) {
            return "it contains characters that YAML forbids, or too many aliases";
        }
        // Other messages repeat names of aliases and tags, which may be a secret: "password: *secret".
        String what = marked instanceof ScannerException || marked instanceof DuplicateKeyException
                ? marked.getProblem()
                : "unexpected token (a bracket or quote may be missing, or quotes around text with * & ! %)";
        return what + ", line " + (marked.getProblemMark().getLine() + 1) + ", column "
                + (marked.getProblemMark().getColumn() + 1);
    }

    /** Resolves null and merge keys; everything else is text. */
    private static final class TextOnly extends Resolver {
        @Override
        protected void addImplicitResolvers() {
            addImplicitResolver(Tag.MERGE, MERGE, "<");
            addImplicitResolver(Tag.NULL, NULL, "~nN\0");
            addImplicitResolver(Tag.NULL, EMPTY, null);
        }
    }

    private YamlText() {}
}
