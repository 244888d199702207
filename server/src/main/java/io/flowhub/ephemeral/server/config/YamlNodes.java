package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.config.YamlNode.Field;
import io.flowhub.ephemeral.server.config.YamlNode.Mapping;
import io.flowhub.ephemeral.server.config.YamlNode.Nothing;
import io.flowhub.ephemeral.server.config.YamlNode.Sequence;
import io.flowhub.ephemeral.server.config.YamlNode.Text;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Converts the nodes of SnakeYAML, each once, however many aliases repeat it. */
final class YamlNodes {

    private final IdentityHashMap<Node, YamlNode> converted = new IdentityHashMap<>();
    private final Consumer<MappingNode> merge;

    /** @param merge replaces the merge keys of a map by the fields of the maps that they name */
    YamlNodes(Consumer<MappingNode> merge) {
        this.merge = merge;
    }

    /** An alias comes after its anchor, so the recursion is as deep as the document is nested. */
    YamlNode of(Node node) {
        YamlNode known = converted.get(node);
        if (known == null) {
            known = convert(node);
            converted.put(node, known);
        }
        return known;
    }

    private YamlNode convert(Node node) {
        int line = line(node);
        if (node instanceof SequenceNode sequence) {
            return new Sequence(line, sequence.getValue().stream().map(this::of).toList());
        }
        if (node instanceof MappingNode mapping) {
            return new Mapping(line, fields(mapping));
        }
        ScalarNode scalar = (ScalarNode) node;
        return scalar.getTag().equals(Tag.NULL)
                ? new Nothing(line)
                : new Text(line, scalar.getValue(), scalar.isPlain());
    }

    private Map<String, Field> fields(MappingNode mapping) {
        merge.accept(mapping);
        Map<String, Field> fields = new LinkedHashMap<>();
        mapping.getValue().forEach(entry -> {
            ScalarNode key = (ScalarNode) entry.getKeyNode();
            fields.put(key.getValue(), new Field(line(key), of(entry.getValueNode())));
        });
        return Collections.unmodifiableMap(fields);
    }

    private static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }
}
