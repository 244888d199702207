package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Struct;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A type as which a provider reads a flag. Flags are stored as text.
 *
 * @param rule the values of this type, for the error
 * @param parser returns null for a value of another type
 */
record FlagType<T>(String rule, Function<String, @Nullable T> parser) {

    static final FlagType<Boolean> BOOLEAN = new FlagType<>("true or false", FlagType::parseBoolean);
    static final FlagType<String> STRING = new FlagType<>("text", text -> text);
    static final FlagType<Long> INTEGER = new FlagType<>("an integer of 64 bits", FlagType::parseInteger);
    static final FlagType<Double> FLOAT = new FlagType<>("a finite number, as JSON writes it", FlagType::parseFloat);
    static final FlagType<Struct> OBJECT =
            new FlagType<>("a JSON object, nested at most " + StructParser.MAX_DEPTH + " deep", StructParser::parse);

    private static final Pattern INTEGERS = Pattern.compile("-?(0|[1-9][0-9]{0,18})");

    /** As JSON (RFC 8259) writes it: no leading zero, no infinity. */
    private static final Pattern NUMBERS =
            Pattern.compile("-?(0|[1-9][0-9]{0,400})(\\.[0-9]{1,400})?([eE][-+]?[0-9]{1,9})?");

    private static @Nullable Boolean parseBoolean(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> null;
        };
    }

    private static @Nullable Long parseInteger(String text) {
        if (!INTEGERS.matcher(text).matches()) {
            return null;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) { // of 19 digits, and too large
            return null;
        }
    }

    private static @Nullable Double parseFloat(String text) {
        if (!NUMBERS.matcher(text).matches()) {
            return null;
        }
        double number = Double.parseDouble(text);
        return Double.isFinite(number) ? number : null;
    }
}
