package io.flowhub.ephemeral.fake;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Rejects what the server rejects: invalid ids by the names of their fields, in every message. */
final class FieldRules {

    private static final Set<String> REQUIRED = Set.of(
            "user_id",
            "action",
            "flag",
            "feature",
            "room_id",
            "sender_id",
            "id",
            "user_ids",
            "ids",
            "add_user_ids",
            "remove_user_ids",
            "add_room_ids",
            "remove_room_ids");
    private static final Set<String> OPTIONAL =
            Set.of("purpose", "request_id", "challenge_id", "connection_id", "exclude_sender_id");
    private static final int MAX_ID_BYTES = 128;

    static void check(Message message) {
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
                values(message, field).forEach(value -> checkId(field.getName(), (String) value));
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && isOfEphemeral(field)) {
                values(message, field).forEach(value -> check((Message) value));
            }
        }
    }

    private static boolean isOfEphemeral(FieldDescriptor field) {
        return field.getMessageType().getFullName().startsWith("flowhub.ephemeral.");
    }

    private static List<?> values(Message message, FieldDescriptor field) {
        if (field.isRepeated()) {
            return (List<?>) message.getField(field);
        }
        return field.hasPresence() && !message.hasField(field) ? List.of() : List.of(message.getField(field));
    }

    private static void checkId(String name, String id) {
        boolean isRequired = REQUIRED.contains(name);
        if (!isRequired && (id.isEmpty() || !OPTIONAL.contains(name))) {
            return;
        }
        int bytes = id.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > MAX_ID_BYTES) {
            throw FakeErrors.invalid(name, "1 to " + MAX_ID_BYTES + " bytes", id);
        }
        if (id.codePoints().anyMatch(FieldRules::isForbidden)) {
            throw FakeErrors.invalid(name, "no ':', '{', '}', white space, control or format characters", id);
        }
    }

    private static boolean isForbidden(int c) {
        return ":{}".indexOf(c) >= 0
                || Character.isSpaceChar(c)
                || Character.isISOControl(c)
                || Character.getType(c) == Character.FORMAT;
    }

    /** The value of a field between two bounds, or the standard if it is unset. */
    static Duration ttl(com.google.protobuf.Duration ttl, Duration min, Duration max, Duration standard) {
        if (ttl.equals(com.google.protobuf.Duration.getDefaultInstance())) {
            return standard;
        }
        Duration value = Duration.ofSeconds(ttl.getSeconds(), ttl.getNanos());
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw FakeErrors.invalid("ttl", min.toSeconds() + " s to " + max.toSeconds() + " s", value.toString());
        }
        return value;
    }

    static String text(String name, String value, int maxBytes) {
        if (value.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
            throw FakeErrors.invalid(name, "0 to " + maxBytes + " bytes", "");
        }
        return value;
    }

    private FieldRules() {}
}
