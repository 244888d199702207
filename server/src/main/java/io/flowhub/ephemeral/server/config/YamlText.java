package io.flowhub.ephemeral.server.config;

import java.io.StringReader;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.DuplicateKeyException;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;
import org.yaml.snakeyaml.scanner.ScannerException;

/**
 * YAML as maps, lists and text; duplicate keys are rejected. Numbers, booleans and dates stay text: YAML 1.1 would turn the
 * password {@code 0123} into {@code 83} and the action {@code on} into {@code true}.
 */
final class YamlText {

    /** Of lists and maps. Beyond the default, because a limit may be an anchor that many rules repeat. */
    private static final int MAX_ALIASES = 10_000;

    /**
     * Returns the root of the tree, or empty text if the document is empty.
     *
     * @throws IllegalArgumentException with line and column, and without the text found there: it may be a secret
     */
    static Object parse(String text) {
        LoaderOptions options = options();
        PlainConstructor constructor = new PlainConstructor(options);
        return read(text, options, constructor, root -> {
            Object tree = root == null ? null : constructor.construct(root);
            return tree == null ? "" : tree;
        });
    }

    /** Returns the root of the tree with the lines of its parts, and throws as {@link #parse} does. */
    static YamlNode nodes(String text) {
        LoaderOptions options = options();
        options.setMaxAliasesForCollections(MAX_ALIASES);
        PlainConstructor constructor = new PlainConstructor(options);
        return read(
                text,
                options,
                constructor,
                root -> root == null ? new YamlNode.Nothing(1) : new YamlNodes(constructor::merge).of(root));
    }

    private static LoaderOptions options() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return options;
    }

    private static <T> T read(
            String text, LoaderOptions options, PlainConstructor constructor, Function<@Nullable Node, T> conversion) {
        DumperOptions unused = new DumperOptions();
        Yaml yaml = new Yaml(constructor, new Representer(unused), unused, options, new TextOnly());
        try {
            Node root = yaml.compose(new StringReader(text));
            if (root != null) {
                PlainConstructor.check(root, new HashSet<>(), new HashSet<>());
            }
            return conversion.apply(root);
        } catch (YAMLException e) {
            throw problem(e);
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

    private static IllegalArgumentException problem(YAMLException e) {
        if (!(e instanceof MarkedYAMLException marked) || marked.getProblemMark() == null) {
            return new IllegalArgumentException(
                    "not YAML: it contains characters that YAML forbids, too many aliases or too many levels");
        }
        // Other messages repeat names of aliases and tags, which may be a secret: "password: *secret".
        String what = marked instanceof ScannerException || marked instanceof DuplicateKeyException
                ? marked.getProblem()
                : "unexpected token (a bracket or quote may be missing, or quotes around text with * & ! %)";
        return at(marked.getProblemMark(), "not YAML: " + what);
    }

    private static YamlProblem at(Mark mark, String problem) {
        return new YamlProblem(problem, mark.getLine() + 1, mark.getColumn() + 1);
    }

    /**
     * Constructs nodes that are safe to hash, print and convert: a key is text, also null, no node contains itself
     * (its hash would not end), and no tag converts text (the conversions of SnakeYAML throw what they like).
     */
    private static final class PlainConstructor extends SafeConstructor {

        private static final Set<Tag> TAGS = Set.of(Tag.STR, Tag.NULL, Tag.MERGE, Tag.SEQ, Tag.MAP);

        PlainConstructor(LoaderOptions options) {
            super(options);
        }

        @Nullable
        Object construct(Node root) {
            return constructDocument(root);
        }

        void merge(MappingNode mapping) {
            flattenMapping(mapping);
        }

        /** Nodes are equal to themselves only. */
        private static void check(Node node, Set<Node> parents, Set<Node> checked) {
            require(TAGS.contains(node.getTag()), "a tag", node);
            require(!parents.contains(node), "an alias within its own anchor", node);
            if (!checked.add(node)) {
                return;
            }
            parents.add(node);
            if (node instanceof SequenceNode sequence) {
                sequence.getValue().forEach(element -> check(element, parents, checked));
            } else if (node instanceof MappingNode mapping) {
                mapping.getValue().forEach(entry -> {
                    require(entry.getKeyNode() instanceof ScalarNode, "a key that is not text", entry.getKeyNode());
                    check(entry.getKeyNode(), parents, checked);
                    if (entry.getKeyNode().getTag().equals(Tag.NULL)) {
                        entry.getKeyNode().setTag(Tag.STR);
                    }
                    check(entry.getValueNode(), parents, checked);
                });
            }
            parents.remove(node);
        }

        private static void require(boolean condition, String unexpected, Node node) {
            if (!condition) {
                throw at(node.getStartMark(), "unsupported YAML: " + unexpected);
            }
        }
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
