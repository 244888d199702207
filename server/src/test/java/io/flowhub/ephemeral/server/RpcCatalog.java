package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.TextFormat;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Every RPC with a valid request that sets each id field, and with variants of the request that run another script. What
 * holds for all RPCs is tested over this list, and {@link RpcCatalogTest} fails while an RPC of the server is missing here.
 */
final class RpcCatalog {

    /** String fields that are values, with rules of their own. Every other string of a request is an id. */
    private static final Set<String> VALUES = Set.of(
            "domain",
            "key",
            "code",
            "token",
            "session_binding",
            "value",
            "expected_value",
            "default_value",
            "json",
            "lease");

    /** Ids that may be empty. */
    private static final Set<String> OPTIONAL =
            Set.of("purpose", "challenge_id", "request_id", "connection_id", "exclude_sender_id");

    /** Settings with which every valid request succeeds. */
    static final String SETTINGS = """

            otp.pepper: pepper-of-the-tests-pepper-of-the-tests
            rate_limit.policies:
              "*": {limit: 1000, window: 1m}
            flag.features: [f]
            rls.config: %s
            """.formatted(rules());

    /** The directory of the rules of ShouldRateLimit. */
    private static Path rules() {
        return Unchecked.call(() -> Path.of(
                Objects.requireNonNull(RpcCatalog.class.getResource("/rls")).toURI()));
    }

    /** Of the protocol of flagd: the user of an evaluation. */
    private static final String CONTEXT = "context {fields {key: 'targetingKey' value {string_value: '$'}}}";

    private static final String TOKEN = "A".repeat(43);

    /** Its values are no ids: any text is one. */
    private static final String DESCRIPTOR =
            " descriptors {entries {key: 'address' value: '%s'} entries {key: 'path' value: '/'}}";

    /** In each request, {@code $} stands for the id of a test. */
    static final List<Rpc> ALL = List.of(
            rpc(RateLimitServiceGrpc.getCheckRateMethod(), "user_id: '$' action: 'a' request_id: 'r'"),
            rpc(
                    RateLimitServiceGrpc.getBatchCheckRateMethod(),
                    "requests {user_id: '$' action: 'a' request_id: 'r'}"
                            + " requests {user_id: '$-2' action: 'a' request_id: 'r'}"),
            rpc(RateLimitServiceGrpc.getRefundRateMethod(), "user_id: '$' action: 'a'"),
            rpc(RateLimitServiceGrpc.getResetRateMethod(), "user_id: '$' action: 'a'"),
            rpc(
                    io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc.getShouldRateLimitMethod(),
                    "domain: 'catalog'" + DESCRIPTOR.formatted("a b") + DESCRIPTOR.formatted("c:d")),
            rpc(OtpServiceGrpc.getIssueOtpMethod(), "user_id: '$' purpose: 'p' request_id: 'r'"),
            rpc(
                    OtpServiceGrpc.getVerifyOtpMethod(),
                    "user_id: '$' code: '123456' challenge_id: 'c' purpose: 'p' request_id: 'r'"),
            rpc(OtpServiceGrpc.getRevokeOtpMethod(), "user_id: '$'"),
            rpc(TokenServiceGrpc.getIssueLoginTokenMethod(), "user_id: '$'"),
            rpc(TokenServiceGrpc.getVerifyLoginTokenMethod(), "user_id: '$' token: '" + TOKEN + "'"),
            rpc(TokenServiceGrpc.getConsumeLoginTokenMethod(), "user_id: '$' request_id: 'r' token: '" + TOKEN + "'"),
            rpc(TokenServiceGrpc.getConsumeLoginTokenMethod(), "user_id: '$' token: '" + TOKEN + "'")
                    .without("request_id"),
            rpc(TokenServiceGrpc.getRevokeLoginTokenMethod(), "user_id: '$'"),
            rpc(TokenServiceGrpc.getRevokeLoginTokenMethod(), "user_id: '$' token: '" + TOKEN + "'"),
            rpc(SessionServiceGrpc.getSetSessionFlagMethod(), "user_id: '$' flag: 'f' value: 'v'"),
            rpc(SessionServiceGrpc.getGetSessionFlagMethod(), "user_id: '$' flag: 'f'"),
            rpc(SessionServiceGrpc.getConsumeSessionFlagMethod(), "user_id: '$' flag: 'f'"),
            rpc(SessionServiceGrpc.getConsumeSessionFlagMethod(), "user_id: '$' flag: 'f' expected_value: 'v'"),
            rpc(SessionServiceGrpc.getClearSessionFlagMethod(), "user_id: '$' flag: 'f'"),
            rpc(FeatureFlagServiceGrpc.getSetFlagMethod(), "feature: 'f' user_id: '$' value: 'v'"),
            rpc(FeatureFlagServiceGrpc.getGetFlagMethod(), "feature: 'f' user_id: '$'"),
            rpc(FeatureFlagServiceGrpc.getClearFlagMethod(), "feature: 'f' user_id: '$'"),
            rpc(
                    FeatureFlagServiceGrpc.getBatchGetFlagsMethod(),
                    "requests {feature: 'f' user_id: '$'} requests {feature: 'f' user_id: '$-2'}"),
            rpc(CacheServiceGrpc.getGetCachedUserMethod(), "id: '$'"),
            rpc(CacheServiceGrpc.getPutCachedUserMethod(), "id: '$' json: '{}'"),
            rpc(CacheServiceGrpc.getEvictCachedUserMethod(), "id: '$'"),
            rpc(CacheServiceGrpc.getBatchGetCachedUsersMethod(), "ids: ['$', '$-2']"),
            rpc(CacheServiceGrpc.getGetCachedProductMethod(), "id: '$'"),
            rpc(CacheServiceGrpc.getPutCachedProductMethod(), "id: '$' json: '{}'"),
            rpc(CacheServiceGrpc.getEvictCachedProductMethod(), "id: '$'"),
            rpc(CacheServiceGrpc.getBatchGetCachedProductsMethod(), "ids: ['$', '$-2']"),
            rpc(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: '$' connection_id: 'c'"),
            rpc(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: '$'").without("connection_id"),
            // A bad heartbeat of a frame is rejected in the response, and the stream continues: StreamHeartbeatsTest.
            rpc(PresenceServiceGrpc.getStreamHeartbeatsMethod(), "").without("user_ids", "heartbeats"),
            rpc(PresenceServiceGrpc.getGetPresenceMethod(), "user_id: '$'"),
            rpc(PresenceServiceGrpc.getBatchGetPresenceMethod(), "user_ids: ['$', '$-2']"),
            rpc(PresenceServiceGrpc.getSetOfflineMethod(), "user_id: '$' connection_id: 'c'"),
            rpc(PresenceServiceGrpc.getSetOfflineMethod(), "user_id: '$'").without("connection_id"),
            rpc(
                    PresenceServiceGrpc.getWatchPresenceMethod(),
                    "add_user_ids: ['$', '$-2'] remove_user_ids: ['$-3', '$-4']"),
            rpc(TypingServiceGrpc.getSetTypingMethod(), "room_id: '$' user_id: 'u' typing: true"),
            rpc(TypingServiceGrpc.getSetTypingMethod(), "room_id: '$' user_id: 'u'"),
            rpc(TypingServiceGrpc.getListTypingMethod(), "room_id: '$'"),
            rpc(TypingServiceGrpc.getWatchTypingMethod(), "add_room_ids: ['$', '$-2'] remove_room_ids: ['$-3', '$-4']"),
            rpc(BroadcastServiceGrpc.getPublishMethod(), "room_id: '$' sender_id: 's' payload: 'p'"),
            rpc(
                    BroadcastServiceGrpc.getSubscribeMethod(),
                    "add_room_ids: ['$', '$-2'] remove_room_ids: ['$-3', '$-4'] exclude_sender_id: 's'"),
            rpc(BudgetServiceGrpc.getGetBudgetMethod(), ""),
            rpc(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getResolveAllMethod(), CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getResolveBooleanMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getResolveStringMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getResolveFloatMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getResolveIntMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getResolveObjectMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getEventStreamMethod(), ""),
            rpc(io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getResolveBooleanMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getResolveStringMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getResolveFloatMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getResolveIntMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getResolveObjectMethod(), "flag_key: 'f' " + CONTEXT),
            rpc(io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getEventStreamMethod(), ""));

    static List<Rpc> unary() {
        return ALL.stream().filter(rpc -> !rpc.streams()).toList();
    }

    static List<Rpc> streams() {
        return ALL.stream().filter(Rpc::streams).toList();
    }

    static Rpc rpc(MethodDescriptor<?, ?> method, String request) {
        return new Rpc(method, request, Set.of());
    }

    /**
     * An RPC.
     *
     * @param request a valid request in the text format of protobuf
     * @param omitted fields of the request whose ids do not fail the call
     */
    record Rpc(MethodDescriptor<?, ?> method, String request, Set<String> omitted) {

        private Rpc without(String... fields) {
            return new Rpc(method, request, Set.of(fields));
        }

        Message validRequest(String id) {
            Message none = (Message) ((PrototypeMarshaller<?>) method.getRequestMarshaller()).getMessagePrototype();
            Message.Builder builder = none.newBuilderForType();
            try {
                TextFormat.merge(request.replace("$", id), builder);
            } catch (TextFormat.ParseException e) {
                throw new AssertionError(method.getFullMethodName(), e);
            }
            return builder.build();
        }

        boolean streams() {
            return method.getType() != MethodDescriptor.MethodType.UNARY;
        }

        /** The id fields of the valid request. */
        List<IdField> idFields(String id) {
            return idFields(validRequest(id), "");
        }

        private List<IdField> idFields(Message message, String prefix) {
            List<IdField> fields = new ArrayList<>();
            for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
                if (field.getName().equals("context")) {
                    fields.add(new IdField(
                            "context.targetingKey",
                            false,
                            user -> message.toBuilder()
                                    .setField(field, context(user))
                                    .build()));
                    continue;
                }
                boolean isText = field.getType() == FieldDescriptor.Type.STRING;
                boolean isRequest = field.getType() == FieldDescriptor.Type.MESSAGE
                        && !field.getMessageType().getFullName().startsWith("google.");
                boolean isValue = omitted.contains(field.getName()) || VALUES.contains(field.getName());
                if (isValue || !(isText || isRequest)) {
                    continue;
                }
                Object value = message.getField(field);
                List<Object> elements = field.isRepeated() ? List.copyOf((List<?>) value) : List.of(value);
                assertThat(elements)
                        .as("valid %s of %s", field.getFullName(), method.getFullMethodName())
                        .hasSizeGreaterThan(field.isRepeated() ? 1 : 0)
                        .doesNotContain("");
                for (int i = 0; i < elements.size(); i++) {
                    int index = i;
                    String path = prefix + field.getName() + (field.isRepeated() ? "[" + i + "]" : "");
                    Function<Object, Message> with = element -> field.isRepeated()
                            ? message.toBuilder()
                                    .setRepeatedField(field, index, element)
                                    .build()
                            : message.toBuilder().setField(field, element).build();
                    if (isText) {
                        fields.add(new IdField(path, OPTIONAL.contains(field.getName()), with::apply));
                    } else {
                        for (IdField inner : idFields((Message) elements.get(i), path + ".")) {
                            fields.add(new IdField(
                                    inner.path, inner.optional, text -> with.apply(inner.with.apply(text))));
                        }
                    }
                }
            }
            return fields;
        }

        private static Struct context(String user) {
            Value key = Value.newBuilder().setStringValue(user).build();
            return Struct.newBuilder().putFields("targetingKey", key).build();
        }

        @Override
        public String toString() {
            String variant = omitted.isEmpty() ? "" : " without " + String.join(", ", omitted);
            return method.getFullMethodName().replaceFirst("^flowhub.*\\.", "") + variant;
        }
    }

    /**
     * A field that holds an id.
     *
     * @param path as a field violation names it
     * @param optional whether it may be empty
     * @param with the valid request with this value in the field
     */
    record IdField(String path, boolean optional, Function<String, Message> with) {}

    private RpcCatalog() {}
}
