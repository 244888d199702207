package io.flowhub.ephemeral.server;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedUsersRequest;
import io.flowhub.ephemeral.v1.BatchGetFlagsRequest;
import io.flowhub.ephemeral.v1.BatchGetPresenceRequest;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.ClearFlagRequest;
import io.flowhub.ephemeral.v1.ClearSessionFlagRequest;
import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.EvictCachedUserRequest;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetPresenceRequest;
import io.flowhub.ephemeral.v1.GetSessionFlagRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.ListTypingRequest;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.RevokeLoginTokenRequest;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.VerifyLoginTokenRequest;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Every RPC with a valid request that sets each id field, and with variants of the request that run another script. What holds for all RPCs is tested over this list, and {@link
 * RpcCatalogTest} fails while an RPC of the server is missing here.
 */
final class RpcCatalog {

    /** String fields that are values, with rules of their own. Every other string of a request is an id. */
    private static final Set<String> VALUES =
            Set.of("code", "token", "session_binding", "value", "expected_value", "default_value", "json", "lease");

    /** Ids that may be empty. */
    private static final Set<String> OPTIONAL =
            Set.of("purpose", "challenge_id", "request_id", "connection_id", "exclude_sender_id");

    /** Settings with which every valid request succeeds. */
    static final String SETTINGS = """

            otp.pepper: pepper-of-the-tests-pepper-of-the-tests
            rate_limit.policies:
              "*": {limit: 1000, window: 1m}
            """;

    static final List<Rpc> ALL = List.of(
            rpc(RateLimitServiceGrpc.getCheckRateMethod(), RpcCatalog::checkRate),
            rpc(
                    RateLimitServiceGrpc.getBatchCheckRateMethod(),
                    id -> BatchCheckRateRequest.newBuilder()
                            .addRequests(checkRate(id))
                            .addRequests(checkRate(id + "-2"))
                            .build()),
            rpc(
                    RateLimitServiceGrpc.getRefundRateMethod(),
                    id -> RefundRateRequest.newBuilder()
                            .setUserId(id)
                            .setAction("api_hits")
                            .build()),
            rpc(
                    RateLimitServiceGrpc.getResetRateMethod(),
                    id -> ResetRateRequest.newBuilder()
                            .setUserId(id)
                            .setAction("api_hits")
                            .build()),
            rpc(
                    OtpServiceGrpc.getIssueOtpMethod(),
                    id -> IssueOtpRequest.newBuilder()
                            .setUserId(id)
                            .setPurpose("login")
                            .setRequestId("r")
                            .build()),
            rpc(
                    OtpServiceGrpc.getVerifyOtpMethod(),
                    id -> VerifyOtpRequest.newBuilder()
                            .setUserId(id)
                            .setCode("123456")
                            .setChallengeId("c")
                            .setPurpose("login")
                            .setRequestId("r")
                            .build()),
            rpc(
                    OtpServiceGrpc.getRevokeOtpMethod(),
                    id -> RevokeOtpRequest.newBuilder().setUserId(id).build()),
            rpc(
                    TokenServiceGrpc.getIssueLoginTokenMethod(),
                    id -> IssueLoginTokenRequest.newBuilder().setUserId(id).build()),
            rpc(
                    TokenServiceGrpc.getVerifyLoginTokenMethod(),
                    id -> VerifyLoginTokenRequest.newBuilder()
                            .setUserId(id)
                            .setToken("A".repeat(43))
                            .build()),
            rpc(
                    TokenServiceGrpc.getConsumeLoginTokenMethod(),
                    id -> ConsumeLoginTokenRequest.newBuilder()
                            .setUserId(id)
                            .setToken("A".repeat(43))
                            .setRequestId("r")
                            .build()),
            rpc(
                            TokenServiceGrpc.getConsumeLoginTokenMethod(),
                            id -> ConsumeLoginTokenRequest.newBuilder()
                                    .setUserId(id)
                                    .setToken("A".repeat(43))
                                    .build())
                    .without("request_id"),
            rpc(
                    TokenServiceGrpc.getRevokeLoginTokenMethod(),
                    id -> RevokeLoginTokenRequest.newBuilder().setUserId(id).build()),
            rpc(
                    TokenServiceGrpc.getRevokeLoginTokenMethod(),
                    id -> RevokeLoginTokenRequest.newBuilder()
                            .setUserId(id)
                            .setToken("A".repeat(43))
                            .build()),
            rpc(
                    SessionServiceGrpc.getSetSessionFlagMethod(),
                    id -> SetSessionFlagRequest.newBuilder()
                            .setUserId(id)
                            .setFlag("f")
                            .setValue("v")
                            .build()),
            rpc(
                    SessionServiceGrpc.getGetSessionFlagMethod(),
                    id -> GetSessionFlagRequest.newBuilder()
                            .setUserId(id)
                            .setFlag("f")
                            .build()),
            rpc(
                    SessionServiceGrpc.getConsumeSessionFlagMethod(),
                    id -> ConsumeSessionFlagRequest.newBuilder()
                            .setUserId(id)
                            .setFlag("f")
                            .build()),
            rpc(
                    SessionServiceGrpc.getConsumeSessionFlagMethod(),
                    id -> ConsumeSessionFlagRequest.newBuilder()
                            .setUserId(id)
                            .setFlag("f")
                            .setExpectedValue("v")
                            .build()),
            rpc(
                    SessionServiceGrpc.getClearSessionFlagMethod(),
                    id -> ClearSessionFlagRequest.newBuilder()
                            .setUserId(id)
                            .setFlag("f")
                            .build()),
            rpc(
                    FeatureFlagServiceGrpc.getSetFlagMethod(),
                    id -> SetFlagRequest.newBuilder()
                            .setFeature("f")
                            .setUserId(id)
                            .setValue("v")
                            .build()),
            rpc(FeatureFlagServiceGrpc.getGetFlagMethod(), RpcCatalog::getFlag),
            rpc(
                    FeatureFlagServiceGrpc.getClearFlagMethod(),
                    id -> ClearFlagRequest.newBuilder()
                            .setFeature("f")
                            .setUserId(id)
                            .build()),
            rpc(
                    FeatureFlagServiceGrpc.getBatchGetFlagsMethod(),
                    id -> BatchGetFlagsRequest.newBuilder()
                            .addRequests(getFlag(id))
                            .addRequests(getFlag(id + "-2"))
                            .build()),
            rpc(
                    CacheServiceGrpc.getGetCachedUserMethod(),
                    id -> GetCachedUserRequest.newBuilder().setId(id).build()),
            rpc(
                    CacheServiceGrpc.getPutCachedUserMethod(),
                    id -> PutCachedUserRequest.newBuilder()
                            .setId(id)
                            .setJson("{}")
                            .build()),
            rpc(
                    CacheServiceGrpc.getEvictCachedUserMethod(),
                    id -> EvictCachedUserRequest.newBuilder().setId(id).build()),
            rpc(
                    CacheServiceGrpc.getBatchGetCachedUsersMethod(),
                    id -> BatchGetCachedUsersRequest.newBuilder()
                            .addIds(id)
                            .addIds(id + "-2")
                            .build()),
            rpc(
                    CacheServiceGrpc.getGetCachedProductMethod(),
                    id -> GetCachedProductRequest.newBuilder().setId(id).build()),
            rpc(
                    CacheServiceGrpc.getPutCachedProductMethod(),
                    id -> PutCachedProductRequest.newBuilder()
                            .setId(id)
                            .setJson("{}")
                            .build()),
            rpc(
                    CacheServiceGrpc.getEvictCachedProductMethod(),
                    id -> EvictCachedProductRequest.newBuilder().setId(id).build()),
            rpc(
                    CacheServiceGrpc.getBatchGetCachedProductsMethod(),
                    id -> BatchGetCachedProductsRequest.newBuilder()
                            .addIds(id)
                            .addIds(id + "-2")
                            .build()),
            rpc(
                    PresenceServiceGrpc.getHeartbeatMethod(),
                    id -> HeartbeatRequest.newBuilder()
                            .setUserId(id)
                            .setConnectionId("c")
                            .build()),
            rpc(
                            PresenceServiceGrpc.getHeartbeatMethod(),
                            id -> HeartbeatRequest.newBuilder().setUserId(id).build())
                    .without("connection_id"),
            // A bad heartbeat of a frame is rejected in the response, and the stream continues: FramesOfHeartbeatsTest.
            rpc(PresenceServiceGrpc.getStreamHeartbeatsMethod(), id -> StreamHeartbeatsRequest.getDefaultInstance())
                    .without("user_ids", "heartbeats"),
            rpc(
                    PresenceServiceGrpc.getGetPresenceMethod(),
                    id -> GetPresenceRequest.newBuilder().setUserId(id).build()),
            rpc(
                    PresenceServiceGrpc.getBatchGetPresenceMethod(),
                    id -> BatchGetPresenceRequest.newBuilder()
                            .addUserIds(id)
                            .addUserIds(id + "-2")
                            .build()),
            rpc(
                    PresenceServiceGrpc.getSetOfflineMethod(),
                    id -> SetOfflineRequest.newBuilder()
                            .setUserId(id)
                            .setConnectionId("c")
                            .build()),
            rpc(
                            PresenceServiceGrpc.getSetOfflineMethod(),
                            id -> SetOfflineRequest.newBuilder().setUserId(id).build())
                    .without("connection_id"),
            rpc(
                    PresenceServiceGrpc.getWatchPresenceMethod(),
                    id -> WatchPresenceRequest.newBuilder()
                            .addAddUserIds(id)
                            .addAddUserIds(id + "-2")
                            .addRemoveUserIds(id + "-3")
                            .addRemoveUserIds(id + "-4")
                            .build()),
            rpc(
                    TypingServiceGrpc.getSetTypingMethod(),
                    id -> SetTypingRequest.newBuilder()
                            .setRoomId(id)
                            .setUserId("u")
                            .setTyping(true)
                            .build()),
            rpc(
                    TypingServiceGrpc.getSetTypingMethod(),
                    id -> SetTypingRequest.newBuilder()
                            .setRoomId(id)
                            .setUserId("u")
                            .build()),
            rpc(
                    TypingServiceGrpc.getListTypingMethod(),
                    id -> ListTypingRequest.newBuilder().setRoomId(id).build()),
            rpc(
                    TypingServiceGrpc.getWatchTypingMethod(),
                    id -> WatchTypingRequest.newBuilder()
                            .addAddRoomIds(id)
                            .addAddRoomIds(id + "-2")
                            .addRemoveRoomIds(id + "-3")
                            .addRemoveRoomIds(id + "-4")
                            .build()),
            rpc(
                    BroadcastServiceGrpc.getPublishMethod(),
                    id -> PublishRequest.newBuilder()
                            .setRoomId(id)
                            .setSenderId("s")
                            .setPayload(ByteString.copyFromUtf8("p"))
                            .build()),
            rpc(
                    BroadcastServiceGrpc.getSubscribeMethod(),
                    id -> SubscribeRequest.newBuilder()
                            .addAddRoomIds(id)
                            .addAddRoomIds(id + "-2")
                            .addRemoveRoomIds(id + "-3")
                            .addRemoveRoomIds(id + "-4")
                            .setExcludeSenderId("s")
                            .build()),
            rpc(BudgetServiceGrpc.getGetBudgetMethod(), id -> GetBudgetRequest.getDefaultInstance()));

    private static CheckRateRequest checkRate(String id) {
        return CheckRateRequest.newBuilder()
                .setUserId(id)
                .setAction("api_hits")
                .setRequestId("r")
                .build();
    }

    private static GetFlagRequest getFlag(String id) {
        return GetFlagRequest.newBuilder().setFeature("f").setUserId(id).build();
    }

    static List<Rpc> unary() {
        return ALL.stream().filter(rpc -> !rpc.streams()).toList();
    }

    static List<Rpc> streams() {
        return ALL.stream().filter(Rpc::streams).toList();
    }

    private static <Q extends Message, R extends Message> Rpc rpc(
            MethodDescriptor<Q, R> method, Function<String, Q> request) {
        return new Rpc(method, request, Set.of());
    }

    /**
     * An RPC.
     *
     * @param request a valid request in which the main id has this value
     * @param omitted fields of the request whose ids do not fail the call
     */
    record Rpc(MethodDescriptor<?, ?> method, Function<String, ? extends Message> request, Set<String> omitted) {

        private Rpc without(String... fields) {
            return new Rpc(method, request, Set.of(fields));
        }

        Message validRequest(String id) {
            return request.apply(id);
        }

        boolean streams() {
            return method.getType() == MethodDescriptor.MethodType.BIDI_STREAMING;
        }

        /** The id fields of the request. */
        List<IdField> idFields() {
            List<IdField> fields = new ArrayList<>();
            collect(validRequest("id"), "", fields);
            return fields;
        }

        private void collect(Message message, String prefix, List<IdField> into) {
            for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
                if (omitted.contains(field.getName()) || VALUES.contains(field.getName())) {
                    continue;
                }
                String path = prefix + field.getName();
                boolean isText = field.getType() == FieldDescriptor.Type.STRING;
                boolean isRequest = field.getType() == FieldDescriptor.Type.MESSAGE
                        && !field.getMessageType().getFullName().startsWith("google.");
                if (!isText && !isRequest) {
                    continue;
                }
                if (!field.isRepeated()) {
                    if (isText && ((String) message.getField(field)).isEmpty()) {
                        throw new AssertionError(
                                method.getFullMethodName() + " has no valid " + path + " in its entry");
                    }
                    into.add(new IdField(path, OPTIONAL.contains(field.getName())));
                    continue;
                }
                int count = message.getRepeatedFieldCount(field);
                if (count < 2) {
                    throw new AssertionError(method.getFullMethodName() + " needs two " + path + " in its entry");
                }
                for (int i = 0; i < count; i++) {
                    String element = path + "[" + i + "]";
                    if (isText) {
                        into.add(new IdField(element, OPTIONAL.contains(field.getName())));
                    } else {
                        collect((Message) message.getRepeatedField(field, i), element + ".", into);
                    }
                }
            }
        }

        /** The valid request with this value in the field. */
        Message with(IdField field, String id, String value) {
            return replace(validRequest(id), field.path(), value);
        }

        private static Message replace(Message message, String path, String value) {
            int dot = path.indexOf('.');
            String head = dot < 0 ? path : path.substring(0, dot);
            int bracket = head.indexOf('[');
            FieldDescriptor field =
                    message.getDescriptorForType().findFieldByName(bracket < 0 ? head : head.substring(0, bracket));
            Message.Builder builder = message.toBuilder();
            if (bracket < 0) {
                return builder.setField(field, value).build();
            }
            int index = Integer.parseInt(head.substring(bracket + 1, head.length() - 1));
            Object element = dot < 0
                    ? value
                    : replace((Message) message.getRepeatedField(field, index), path.substring(dot + 1), value);
            return builder.setRepeatedField(field, index, element).build();
        }

        @Override
        public String toString() {
            String variant = omitted.isEmpty() ? "" : " without " + String.join(", ", omitted);
            return method.getFullMethodName().replaceFirst("^.*\\.", "") + variant;
        }
    }

    /** A field that holds an id: its path as a field violation names it, and whether it may be empty. */
    record IdField(String path, boolean optional) {}

    private RpcCatalog() {}
}
