package io.flowhub.ephemeral.server.flagd;

import static io.flowhub.ephemeral.server.flagd.FlagdProtocol.V1;
import static io.flowhub.ephemeral.server.flagd.FlagdProtocol.get;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.flagd.v1.AnyFlag;
import io.flowhub.ephemeral.flagd.v1.ResolveAllResponse;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The evaluation protocols of flagd on every topology of Redis. */
@Tag("contract")
@OnSingleAndCluster
class FlagdContractTest extends TwoServersSuite {

    private static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    private static final List<String> ALL = List.of("truth", "number", "object", "text", "never_set");

    private final String user = UniqueIds.next();

    FlagdContractTest() {
        super("flag.features: " + ALL);
    }

    @ParameterizedTest
    @EnumSource
    void setFlagHasItsValueAsTheRequestedType(FlagdProtocol protocol) {
        Map<String, Map<String, Object>> values = Map.of(
                "Boolean", Map.of("true", true, "false", false),
                "String", Map.of("", "", "true", "true", "ü😀", "ü😀"),
                "Int",
                        Map.of(
                                "0",
                                0L,
                                "-42",
                                -42L,
                                "9223372036854775807",
                                Long.MAX_VALUE,
                                "-9223372036854775808",
                                Long.MIN_VALUE),
                "Float", Map.of("0", 0.0, "-2.5e-3", -0.0025, "1E+10", 1e10, "9007199254740993", 9007199254740992.0),
                "Object", Map.of("{}", Struct.getDefaultInstance(), " {\"a\":{\"b\":[1,true,null,\"x\"]}} ", nested()));
        values.forEach((type, ofType) -> ofType.forEach((text, value) -> {
            set("f", user, text);
            Message response = protocol.resolve(servers.first(), type, "f", user);
            assertThat(get(response, "value")).as(type + " " + text).isEqualTo(value);
            assertThat(get(response, "reason")).isEqualTo("TARGETING_MATCH");
            assertThat(get(response, "variant")).isEqualTo("override");
            Struct metadata = (Struct) requireNonNull(get(response, "metadata"));
            assertThat(metadata.getFieldsOrThrow("expiresInMillis").getNumberValue())
                    .isBetween(50_000.0, 60_000.0);
        }));
    }

    private static Struct nested() {
        ListValue list = ListValue.newBuilder()
                .addValues(Value.newBuilder().setNumberValue(1))
                .addValues(Value.newBuilder().setBoolValue(true))
                .addValues(Value.newBuilder().setNullValue(NullValue.NULL_VALUE))
                .addValues(Value.newBuilder().setStringValue("x"))
                .build();
        Struct inner = Struct.newBuilder()
                .putFields("b", Value.newBuilder().setListValue(list).build())
                .build();
        return Struct.newBuilder()
                .putFields("a", Value.newBuilder().setStructValue(inner).build())
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void valueOfAnotherTypeIsATypeMismatch(FlagdProtocol protocol) {
        Map<String, List<String>> others = Map.of(
                "Boolean", List.of("", "True", "1", "yes", "true "),
                "Int", List.of("", "1.0", "1e3", "007", "+1", " 1", "9223372036854775808", "0x10", "true"),
                "Float", List.of("", "NaN", "Infinity", "1e999", "-1e999", "1.", ".5", "0x1p3", "1d", "1,5", "one"),
                "Object",
                        List.of(
                                "",
                                "[]",
                                "null",
                                "\"{}\"",
                                "{",
                                "{}{}",
                                "{\"a\":1e999}",
                                "{'a':1}",
                                "{\"a\":" + "[".repeat(16) + "]".repeat(16) + "}"));
        others.forEach((type, texts) -> texts.forEach(text -> {
            set("f", user, text);
            StatusRuntimeException e =
                    StatusAssert.invalidField("flag_key", () -> protocol.resolve(servers.second(), type, "f", user));
            assertThat(e).as(type + " " + text).hasMessageContaining("TYPE_MISMATCH");
            assertThat(String.valueOf(e.getTrailers().get(PUSHBACK))).isEqualTo("-1");
        }));
    }

    /** Version 1 has no response without a value: its providers would return false, 0 or an empty text. */
    @ParameterizedTest
    @EnumSource
    void unsetOrClearedFlagHasNoValue(FlagdProtocol protocol) {
        for (String type : FlagdProtocol.TYPES) {
            ThrowingCallable call = () -> {
                Message response = protocol.resolve(servers.first(), type, "unset", user);
                assertThat(response.getAllFields().values()).containsExactly("DEFAULT");
            };
            if (protocol == V1) {
                StatusRuntimeException e = StatusAssert.hasStatus(Code.NOT_FOUND, "ERROR_REASON_FLAG_NOT_SET", call);
                assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap())
                        .containsExactly(Map.entry("flag_key", "unset"));
                assertThat(e.getTrailers().get(PUSHBACK)).isEqualTo("-1");
            } else {
                assertThatCode(call).doesNotThrowAnyException();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void valuesOfTwoUsersNeverMixAndNoReasonIsStatic(FlagdProtocol protocol) throws Exception {
        String other = UniqueIds.next();
        set("theme", user, "dark");
        set("theme", other, "light");
        List<String> answers = Concurrently.run(64, i -> {
            String one = i % 2 == 0 ? user : other;
            Message response = protocol.resolve(i % 4 < 2 ? servers.first() : servers.second(), "String", "theme", one);
            assertThat(get(response, "value")).isEqualTo(i % 2 == 0 ? "dark" : "light");
            return String.valueOf(get(response, "reason"));
        });
        assertThat(answers).containsOnly("TARGETING_MATCH");
    }

    static Stream<Struct> contextsWithoutUser() {
        return Stream.of(
                Struct.getDefaultInstance(),
                FlagdProtocol.context(""),
                FlagdProtocol.context(Value.getDefaultInstance()),
                FlagdProtocol.context(
                        Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build()));
    }

    static Stream<Struct> contextsWithABadUser() {
        return Stream.concat(
                Stream.of("a:b", "{a}", "a b", "nul\0", "x".repeat(129)).map(FlagdProtocol::context),
                Stream.of(
                                Value.newBuilder().setNumberValue(1),
                                Value.newBuilder().setBoolValue(true),
                                Value.newBuilder().setStructValue(Struct.getDefaultInstance()),
                                Value.newBuilder().setListValue(ListValue.getDefaultInstance()))
                        .map(value -> FlagdProtocol.context(value.build())));
    }

    @ParameterizedTest
    @EnumSource
    void badInputIsRejectedByItsField(FlagdProtocol protocol) {
        for (String type : FlagdProtocol.TYPES) {
            for (String bad : List.of("", "a:b", "{a}", "a b", "nul\0", "x".repeat(129))) {
                assertInvalid("flag_key", () -> protocol.resolve(servers.first(), type, bad, user));
            }
            contextsWithoutUser()
                    .forEach(context -> assertThat(assertInvalid(
                                    "context.targetingKey",
                                    () -> protocol.resolve(servers.first(), type, "f", context)))
                            .hasMessageContaining("TARGETING_KEY_MISSING"));
            contextsWithABadUser()
                    .forEach(context -> assertInvalid(
                            "context.targetingKey", () -> protocol.resolve(servers.first(), type, "f", context)));
        }
        if (protocol == V1) {
            Stream.concat(contextsWithoutUser(), contextsWithABadUser())
                    .forEach(context ->
                            assertInvalid("context.targetingKey", () -> protocol.resolveAll(servers.first(), context)));
        }
    }

    private static StatusRuntimeException assertInvalid(String field, ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.invalidField(field, call);
        assertThat(e.getTrailers().get(PUSHBACK)).isEqualTo("-1");
        return e;
    }

    @ParameterizedTest
    @EnumSource
    void keyOfAnotherTypeIsRejectedByRedis(FlagdProtocol protocol) {
        storeHash("flag:f:" + user);
        for (String type : FlagdProtocol.TYPES) {
            StatusAssert.rejectedByRedis(() -> protocol.resolve(servers.first(), type, "f", user));
        }
    }

    @Test
    void resolveAllReturnsTheConfiguredFlagsThatAreSetEachOfItsType() {
        set("truth", user, "true");
        set("number", user, "42");
        set("object", user, "{\"a\":1}");
        set("text", user, "4 2");
        set("not_configured", user, "x");
        set("never_set", UniqueIds.next(), "x");
        Map<String, AnyFlag> flags =
                ((ResolveAllResponse) V1.resolveAll(servers.first(), FlagdProtocol.context(user))).getFlagsMap();
        assertThat(flags).containsOnlyKeys("truth", "number", "object", "text");
        assertThat(flags.values()).allSatisfy(flag -> {
            assertThat(flag.getReason()).isEqualTo("TARGETING_MATCH");
            assertThat(flag.getVariant()).isEqualTo("override");
            assertThat(flag.getMetadata().getFieldsMap()).containsKey("expiresInMillis");
        });
        assertThat(requireNonNull(flags.get("truth")).getBoolValue()).isTrue();
        assertThat(requireNonNull(flags.get("number")).getDoubleValue()).isEqualTo(42);
        assertThat(requireNonNull(flags.get("object")).getObjectValue().getFieldsMap())
                .containsOnlyKeys("a");
        assertThat(requireNonNull(flags.get("text")).getStringValue()).isEqualTo("4 2");
    }

    /** Except on a Cluster, where the flags of a user are in many slots. */
    @Test
    void resolveAllReadsAllFlagsWithOneScriptCall() {
        if (topology != Topology.SINGLE) {
            return;
        }
        V1.resolveAll(servers.first(), FlagdProtocol.context(user));
        try (MonitorTap monitor = MonitorTap.of(topology)) {
            List<String> commands = monitor.during(() -> V1.resolveAll(servers.first(), FlagdProtocol.context(user)));
            assertThat(commands)
                    .filteredOn(command -> command.contains(user) && command.contains("EVALSHA"))
                    .singleElement()
                    .satisfies(command ->
                            ALL.forEach(feature -> assertThat(command).contains("flag:" + feature + ":" + user)));
        }
    }

    private void set(String feature, String userId, String value) {
        SetFlagRequest.Builder request = SetFlagRequest.newBuilder().setFeature(feature);
        request.setUserId(userId).setValue(value).getTtlBuilder().setSeconds(60);
        var unused = FeatureFlagServiceGrpc.newBlockingStub(servers.first()).setFlag(request.build());
    }
}
