package io.flowhub.ephemeral.server.rls;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.server.config.YamlNode;
import io.flowhub.ephemeral.server.config.YamlNode.Mapping;
import io.flowhub.ephemeral.server.config.YamlNode.Nothing;
import io.flowhub.ephemeral.server.config.YamlNode.Sequence;
import io.flowhub.ephemeral.server.config.YamlNode.Text;
import java.util.regex.Pattern;

/** Reads the {@code metadata} of a descriptor, which responses repeat as it is. */
record MetadataParser(String name, ElementBound bound) {

    private static final Pattern NUMBER =
            Pattern.compile("[-+]?(0|[1-9][0-9]{0,30})(\\.[0-9]{0,30})?([eE][-+]?[0-9]{1,2})?");

    Struct struct(Mapping mapping) {
        return struct(mapping, 1);
    }

    private Struct struct(Mapping mapping, int depth) {
        Struct.Builder struct = Struct.newBuilder();
        mapping.fields().forEach((key, field) -> struct.putFields(key, value(field.value(), depth)));
        return struct.build();
    }

    private Value value(YamlNode node, int depth) {
        bound.take(name, depth, node.line());
        Value.Builder value = Value.newBuilder();
        if (node instanceof Mapping mapping) {
            value.setStructValue(struct(mapping, depth + 1));
        } else if (node instanceof Sequence sequence) {
            ListValue.Builder list = ListValue.newBuilder();
            sequence.elements().forEach(element -> list.addValues(value(element, depth + 1)));
            value.setListValue(list);
        } else if (node instanceof Nothing) {
            value.setNullValue(NullValue.NULL_VALUE);
        } else {
            scalar((Text) node, value);
        }
        return value.build();
    }

    private static void scalar(Text scalar, Value.Builder value) {
        String text = scalar.text();
        if (scalar.plain() && (Fields.isTrue(text) || Fields.isFalse(text))) {
            value.setBoolValue(Fields.isTrue(text));
        } else if (scalar.plain() && NUMBER.matcher(text).matches()) {
            value.setNumberValue(Double.parseDouble(text));
        } else {
            value.setStringValue(text);
        }
    }
}
