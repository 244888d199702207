package io.flowhub.ephemeral.server.flagd;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Parses JSON objects. Numbers become doubles, as in every {@link Struct}; of equal names the last one counts. */
final class StructParser {

    /** A level takes three messages of protobuf, whose parsers reject more than 100. */
    static final int MAX_DEPTH = 16;

    /** Field names are not interned: their number is unbounded. */
    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    /** Returns null for text that is not one JSON object, is nested too deep, or has a number that is not finite. */
    static @Nullable Struct parse(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            Struct object = object(parser);
            return parser.nextToken() == null ? object : null;
        } catch (JsonProcessingException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException("reading from a string", e);
        }
    }

    private static Struct object(JsonParser parser) throws IOException {
        Struct.Builder object = Struct.newBuilder();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            object.putFields(name, value(parser));
        }
        return object.build();
    }

    private static ListValue list(JsonParser parser) throws IOException {
        ListValue.Builder list = ListValue.newBuilder();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            list.addValues(value(parser));
        }
        return list.build();
    }

    private static Value value(JsonParser parser) throws IOException {
        Value.Builder value = Value.newBuilder();
        return switch (parser.currentToken()) {
            case START_OBJECT -> value.setStructValue(object(parser)).build();
            case START_ARRAY -> value.setListValue(list(parser)).build();
            case VALUE_STRING -> value.setStringValue(parser.getText()).build();
            case VALUE_TRUE, VALUE_FALSE ->
                value.setBoolValue(parser.getBooleanValue()).build();
            case VALUE_NULL -> value.setNullValue(NullValue.NULL_VALUE).build();
            default -> value.setNumberValue(number(parser)).build();
        };
    }

    private static double number(JsonParser parser) throws IOException {
        double number = parser.getDoubleValue();
        if (!Double.isFinite(number)) {
            throw new JsonParseException(parser, "not finite");
        }
        return number;
    }

    private StructParser() {}
}
