package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.server.flag.FlagResult;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a flag is for one user.
 *
 * @param value null if the flag is not set
 * @param metadata empty if the flag is not set
 */
record Resolution<T>(@Nullable T value, Struct metadata) {

    /** Of each value: providers return it as it is, and stable. */
    static final String VARIANT = "override";

    /** A value of one user. Providers cache the values of reason STATIC by flag only, and return them to all users. */
    static final String TARGETING_MATCH = "TARGETING_MATCH";

    /** The flag is not set: the provider returns the default of the code. */
    static final String DEFAULT = "DEFAULT";

    static <T> Resolution<T> unset() {
        return new Resolution<>(null, Struct.getDefaultInstance());
    }

    static <T> Resolution<T> of(T value, FlagResult.Set flag) {
        return new Resolution<>(value, metadata(flag));
    }

    String reason() {
        return value == null ? DEFAULT : TARGETING_MATCH;
    }

    /** Passes value and metadata if the flag is set. */
    void ifSet(BiConsumer<T, Struct> action) {
        if (value != null) {
            action.accept(value, metadata);
        }
    }

    static Struct metadata(FlagResult.Set flag) {
        Value millis =
                Value.newBuilder().setNumberValue((double) flag.ttlMillis()).build();
        return Struct.newBuilder().putFields("expiresInMillis", millis).build();
    }
}
