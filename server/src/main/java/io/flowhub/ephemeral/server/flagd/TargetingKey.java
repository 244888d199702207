package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;

/** The field of an evaluation context that holds the id of the user. */
final class TargetingKey {

    private static final String NAME = "targetingKey";
    private static final String FIELD = "context." + NAME;

    /**
     * Returns the id of the user.
     *
     * @throws InvalidFieldException if it is missing, or not a valid id
     */
    static String of(Struct context) {
        Value value = context.getFieldsOrDefault(NAME, Value.getDefaultInstance());
        return switch (value.getKindCase()) {
            case KIND_NOT_SET, NULL_VALUE -> throw missing();
            case STRING_VALUE -> {
                if (value.getStringValue().isEmpty()) {
                    throw missing();
                }
                yield IdValidator.check(FIELD, value.getStringValue());
            }
            default -> throw new InvalidFieldException(FIELD, value.getKindCase(), "a string");
        };
    }

    private static InvalidFieldException missing() {
        return new InvalidFieldException(FIELD, "", "the id of a user, 1 to 128 bytes; TARGETING_KEY_MISSING");
    }

    private TargetingKey() {}
}
