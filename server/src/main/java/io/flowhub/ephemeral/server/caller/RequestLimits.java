package io.flowhub.ephemeral.server.caller;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.server.error.PermissionDeniedException;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The values that a caller may send in the fields of a request, at any depth.
 *
 * @param exact the values of each limited field
 * @param idPrefixes of which each id of a user, room or object must have one; empty if ids are not limited
 */
record RequestLimits(Map<String, Set<String>> exact, List<String> idPrefixes) {

    static final RequestLimits NONE = new RequestLimits(Map.of(), List.of());

    /** The fields that hold the id of a user, room or object. */
    static final Set<String> IDS = Set.of(
            "user_id",
            "user_ids",
            "add_user_ids",
            "remove_user_ids",
            "id",
            "ids",
            "room_id",
            "add_room_ids",
            "remove_room_ids",
            "sender_id");

    /** What a limit in the file is named, and its field. */
    static final Map<String, String> EXACT = Map.of("actions", "action", "purposes", "purpose", "features", "feature");

    /** Fields of other protocols, and the field that holds the same. */
    private static final Map<String, String> FOREIGN = Map.of("flag_key", "feature", "targetingKey", "user_id");

    /** Requests of other protocols that name no feature, and read several. */
    private static final Set<String> OF_SEVERAL_FEATURES = Set.of("flagd.evaluation.v1.ResolveAllRequest");

    private static final String CONTEXT = "context";

    private static final Map<Descriptor, List<FieldDescriptor>> FIELDS = new ConcurrentHashMap<>();

    RequestLimits {
        exact = Map.copyOf(exact);
        idPrefixes = List.copyOf(idPrefixes);
    }

    boolean isEmpty() {
        return exact.isEmpty() && idPrefixes.isEmpty();
    }

    /**
     * Checks a request.
     *
     * @param method the RPC, for the message
     * @throws PermissionDeniedException for the first value that is not allowed
     */
    void check(Message request, MethodDescriptor<?, ?> method) {
        if (exact.containsKey("feature")
                && OF_SEVERAL_FEATURES.contains(request.getDescriptorForType().getFullName())) {
            throw new PermissionDeniedException(RightNames.of(method), "feature", "*");
        }
        for (FieldDescriptor field : FIELDS.computeIfAbsent(request.getDescriptorForType(), RequestLimits::fields)) {
            Object value = request.getField(field);
            for (Object element : field.isRepeated() ? (List<?>) value : List.of(value)) {
                if (element instanceof Struct context) {
                    check(context, method);
                } else if (element instanceof Message message) {
                    check(message, method);
                } else if (!allows(field.getName(), (String) element)) {
                    throw new PermissionDeniedException(RightNames.of(method), field.getName(), (String) element);
                }
            }
        }
    }

    /** The context of an evaluation names the user. */
    private void check(Struct context, MethodDescriptor<?, ?> method) {
        String key = "targetingKey";
        Value user = context.getFieldsOrDefault(key, Value.getDefaultInstance());
        if (user.hasStringValue() && !allows(key, user.getStringValue())) {
            throw new PermissionDeniedException(RightNames.of(method), CONTEXT + "." + key, user.getStringValue());
        }
    }

    private boolean allows(String name, String value) {
        String field = FOREIGN.getOrDefault(name, name);
        @Nullable Set<String> allowed = exact.get(field);
        if (allowed != null) {
            return allowed.contains(value);
        }
        return idPrefixes.isEmpty()
                || !IDS.contains(field)
                || idPrefixes.stream().anyMatch(value::startsWith);
    }

    private static List<FieldDescriptor> fields(Descriptor type) {
        return type.getFields().stream()
                .filter(field -> switch (field.getType()) {
                    case MESSAGE ->
                        field.getName().equals(CONTEXT)
                                || !field.getMessageType().getFullName().startsWith("google.");
                    case STRING ->
                        IDS.contains(field.getName())
                                || EXACT.containsValue(field.getName())
                                || FOREIGN.containsKey(field.getName());
                    default -> false;
                })
                .toList();
    }
}
