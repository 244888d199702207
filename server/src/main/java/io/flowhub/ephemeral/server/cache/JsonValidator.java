package io.flowhub.ephemeral.server.cache;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rule for cached text: one JSON object (RFC 8259) and nothing after it, at most 5,120 bytes of UTF-8, nested at
 * most 100 deep (parsers in some languages recurse). The text is parsed only to check it: Redis stores it unchanged.
 */
final class JsonValidator {

    private static final int MAX_BYTES = 5_120;
    private static final int MAX_DEPTH = 100;

    private static final String SIZE = "at most " + MAX_BYTES + " bytes";
    private static final String SHAPE = "one JSON object (RFC 8259), nested at most " + MAX_DEPTH + " deep";

    /** The escape of half a surrogate pair, or the end of an escaped backslash before such text. */
    private static final Pattern SURROGATE_ESCAPE = Pattern.compile("\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}");

    /** As strict as Jackson is by default. Field names are not interned: their number is unbounded. */
    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_BYTES)
                    .build())
            .build();

    /** @throws InvalidFieldException with the size of the text and the position of the error, without the text */
    static void check(String field, String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw new InvalidFieldException(field, bytes + " bytes", SIZE);
        }
        long errorOffset = errorOffset(text);
        if (errorOffset >= 0) {
            throw new InvalidFieldException(field, bytes + " bytes, wrong at character " + (errorOffset + 1), SHAPE);
        }
    }

    /** The offset, from 0, at which the text stops being one JSON object; -1 if it is one. */
    private static long errorOffset(String text) {
        try (JsonParser parser = JSON.createParser(withoutSurrogateEscapes(text))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return offset(parser.currentTokenLocation());
            }
            parser.skipChildren();
            return parser.nextToken() == null ? -1 : offset(parser.currentTokenLocation());
        } catch (JsonProcessingException e) {
            return offset(e.getLocation());
        } catch (IOException e) {
            throw new UncheckedIOException("reading from a string", e);
        }
    }

    /**
     * Jackson accepts half a surrogate pair in a value and rejects it in a name; RFC 8259, section 8.2, permits both. The
     * replacement has the same length and is valid in the same places.
     */
    private static String withoutSurrogateEscapes(String text) {
        return text.contains("\\u") ? SURROGATE_ESCAPE.matcher(text).replaceAll("\\\\u0041") : text;
    }

    private static long offset(@Nullable JsonLocation location) {
        return location == null ? 0 : Math.max(0, location.getCharOffset());
    }

    private JsonValidator() {}
}
