package io.flowhub.ephemeral.server.caller;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.error.PermissionDeniedException;
import io.flowhub.ephemeral.server.rpc.RpcName;
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
        for (FieldDescriptor field : FIELDS.computeIfAbsent(request.getDescriptorForType(), RequestLimits::fields)) {
            Object value = request.getField(field);
            for (Object element : field.isRepeated() ? (List<?>) value : List.of(value)) {
                if (element instanceof Message message) {
                    check(message, method);
                } else if (!allows(field.getName(), (String) element)) {
                    throw new PermissionDeniedException(RpcName.of(method), field.getName(), (String) element);
                }
            }
        }
    }

    private boolean allows(String field, String value) {
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
                    case MESSAGE -> !field.getMessageType().getFullName().startsWith("google.");
                    case STRING -> IDS.contains(field.getName()) || EXACT.containsValue(field.getName());
                    default -> false;
                })
                .toList();
    }
}
