package io.flowhub.ephemeral.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.flowhub.ephemeral.client.fixture.GeneratedServices;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The clients in other languages compare their tables with {@code client/conformance/retry-safety.json}. */
@Tag("unit")
class RetrySafetyFileTest {

    private static final Path FILE = Path.of("../conformance/retry-safety.json");

    @Test
    void fileListsTheRuleOfEveryRpc() throws IOException {
        assertThat(rules())
                .extracting(rule -> List.of(text(rule, "method"), text(rule, "when"), text(rule, "why")))
                .isEqualTo(RetrySafety.rules().stream()
                        .map(rule -> List.of(methodOf(rule).getFullMethodName(), rule.condition(), rule.reason()))
                        .map(row -> List.of(row.get(0).replace("flowhub.ephemeral.v1.", ""), row.get(1), row.get(2)))
                        .toList());
    }

    @Test
    void everyRuleHasTheRequestsThatItDistinguishes() throws IOException {
        assertThat(rules()).allSatisfy(rule -> {
            String when = text(rule, "when");
            boolean isNeverRetried = when.equals("no") || text(rule, "method").endsWith("/BatchCheckRate");
            assertThat(requests(rule, "retried").isEmpty()).as(when).isEqualTo(isNeverRetried);
            assertThat(requests(rule, "not_retried").isEmpty()).as(when).isEqualTo(when.equals("yes"));
        });
    }

    static Stream<Arguments> requests() throws IOException {
        return rules().stream()
                .flatMap(rule -> Stream.of("retried", "not_retried")
                        .flatMap(list -> requests(rule, list).stream()
                                .map(json -> arguments(text(rule, "method"), list, json))));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void requestIsInTheListThatTheRuleSays(String method, String list, Value json) throws IOException {
        Message request = parse(method, JsonFormat.printer().print(json));

        assertThat(RetrySafety.isSafe(request)).isEqualTo(list.equals("retried"));
    }

    private static List<Struct> rules() throws IOException {
        Struct.Builder file = Struct.newBuilder();
        JsonFormat.parser().merge(Files.readString(FILE), file);
        return file.getFieldsOrThrow("rules").getListValue().getValuesList().stream()
                .map(Value::getStructValue)
                .toList();
    }

    private static String text(Struct rule, String name) {
        return rule.getFieldsOrThrow(name).getStringValue();
    }

    private static List<Value> requests(Struct rule, String name) {
        ListValue list = rule.getFieldsOrThrow(name).getListValue();
        return list.getValuesList();
    }

    private static Message parse(String method, String json) throws InvalidProtocolBufferException {
        MethodDescriptor<?, ?> descriptor = methods()
                .filter(each -> each.getFullMethodName().equals("flowhub.ephemeral.v1." + method))
                .findFirst()
                .orElseThrow();
        Message.Builder request = prototype(descriptor).newBuilderForType();
        JsonFormat.parser().merge(json, request);
        return request.build();
    }

    private static MethodDescriptor<?, ?> methodOf(RetrySafety.Rule rule) {
        return methods()
                .filter(method -> prototype(method).getClass() == rule.requestType())
                .findFirst()
                .orElseThrow();
    }

    private static Stream<MethodDescriptor<?, ?>> methods() {
        return GeneratedServices.services().stream()
                .<MethodDescriptor<?, ?>>flatMap(service -> service.getMethods().stream())
                .filter(method -> method.getType() == MethodType.UNARY);
    }

    private static Message prototype(MethodDescriptor<?, ?> method) {
        PrototypeMarshaller<?> marshaller = (PrototypeMarshaller<?>) method.getRequestMarshaller();
        return (Message) Objects.requireNonNull(marshaller.getMessagePrototype());
    }
}
