package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.flowhub.ephemeral.client.fixture.GeneratedServices;
import io.flowhub.ephemeral.client.internal.Targets;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.commons.support.ReflectionSupport;

/** What an application sees of the client. */
@Tag("unit")
class PublicApiTest {

    private static final String PACKAGE = EphemeralClient.class.getPackageName();
    private static final Pattern CLASS_NAME = Pattern.compile("[a-z][\\w.]*\\.[A-Z]\\w*");

    static List<Class<?>> publicTypes() {
        return ReflectionSupport.findAllClassesInPackage(
                PACKAGE,
                type -> Modifier.isPublic(type.getModifiers())
                        && type.getPackageName().equals(PACKAGE),
                name -> true);
    }

    @ParameterizedTest
    @MethodSource("publicTypes")
    void signaturesNameOnlyPublicTypesOutsideTheInternals(Class<?> type) throws ClassNotFoundException {
        for (String name : namesIn(type)) {
            assertThat(name).doesNotStartWith(PACKAGE + ".internal");
            assertThat(Class.forName(name, false, type.getClassLoader()))
                    .as(name)
                    .isPublic();
        }
    }

    @ParameterizedTest
    @ValueSource(
            classes = {Heartbeats.class, PresenceWatch.class, TypingWatch.class, Subscription.class, ReadThrough.class})
    void handlesAreInterfacesWithoutProtoTypes(Class<?> handle) {
        assertThat(handle).isInterface();
        assertThat(namesIn(handle))
                .noneMatch(name -> name.startsWith("io.flowhub.ephemeral.v1.")
                        || name.startsWith("com.google.protobuf.")
                        || name.startsWith("io.grpc."));
    }

    @Test
    void everyPublicTypeIsFound() {
        assertThat(publicTypes())
                .contains(EphemeralClient.class, EphemeralStubs.class, Heartbeats.class)
                .hasSizeGreaterThan(15);
    }

    @Test
    void everyServiceHasABlockingAndAFutureStub() {
        List<String> offered = Stream.of(EphemeralClient.class.getMethods())
                .map(method -> method.getReturnType().getSimpleName())
                .toList();

        assertThat(GeneratedServices.services()).allSatisfy(service -> {
            String name = service.getName().substring(service.getName().lastIndexOf('.') + 1);
            assertThat(offered).contains(name + "BlockingStub", name + "FutureStub");
        });
    }

    @Test
    void settingsOutOfRangeAreRejected() {
        EphemeralClientBuilder builder = EphemeralClient.builder("localhost:9090");

        assertRejected("deadline: PT0S (expected: PT0.001S to PT1H)", () -> builder.deadline(Duration.ZERO));
        assertRejected("keepAlive: PT9S (expected: PT10S to PT1H)", () -> builder.keepAlive(Duration.ofSeconds(9)));
        assertRejected("maxLoads: 0 (expected: 1 to 1000)", () -> builder.maxLoads(0));
        assertRejected("maxCacheWait: PT0S (expected: PT0.001S to PT1M)", () -> builder.maxCacheWait(Duration.ZERO));
        assertRejected(
                "loadDeadline: PT2H (expected: PT0.001S to PT1H)", () -> builder.loadDeadline(Duration.ofHours(2)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "localhost",
                "localhost:",
                "localhost:0",
                "localhost:99999",
                "localhost:http",
                "::1:9090",
                "[::1]",
                "[::g]:9090",
                "a:1, b:2",
                "user@localhost:9090",
                "localhost:9090/path",
                "localhost:9090?query",
                "http://localhost:9090",
                "dns:///localhost:99999",
                "dns:///localhost",
                "dns:///",
                "dns://localhost"
            })
    void badTargetIsRejectedBeforeItIsDialled(String target) {
        assertRejected(
                "target: \"" + target + "\" (expected: host:port with a port of 1 to 65535, an IPv6 address as"
                        + " [::1]:port, several separated by commas, or a gRPC target such as dns:///host:port)",
                () -> EphemeralClient.builder(target));
    }

    @Test
    void tokenInClearTextBeyondLoopbackIsRejected() {
        assertRejected(
                "bearerToken: in clear text to dns:///ephemeral:9090"
                        + " (expected: TLS, a target on loopback, or allowClearTextToken())",
                () -> EphemeralClient.builder("ephemeral:9090")
                        .plaintext()
                        .bearerToken(() -> "secret")
                        .build());
    }

    @ParameterizedTest
    @CsvSource({
        "ephemeral:9090,            dns:///ephemeral:9090",
        "[::1]:9090,                dns:///%5B::1%5D:9090",
        "dns:///%5B::1%5D:9090,     dns:///%5B::1%5D:9090",
        "dns://127.0.0.1/other:1,   dns://127.0.0.1/other:1",
        "dns:///ephemeral:9090,     dns:///ephemeral:9090",
        "unix:/run/ephemeral.sock,  unix:/run/ephemeral.sock"
    })
    void targetWithoutSchemeIsResolvedByDns(String target, String withScheme) {
        assertThat(Targets.withScheme(target)).isEqualTo(withScheme);
    }

    private static void assertRejected(String message, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }

    private static List<String> namesIn(Class<?> type) {
        List<Type> used = new ArrayList<>(List.of(type.getGenericInterfaces()));
        used.add(type.getGenericSuperclass() == null ? Object.class : type.getGenericSuperclass());
        Stream.<Executable>concat(Arrays.stream(type.getMethods()), Arrays.stream(type.getConstructors()))
                .filter(member -> member.getDeclaringClass() != Object.class)
                .forEach(member -> {
                    used.addAll(List.of(member.getGenericParameterTypes()));
                    used.addAll(List.of(member.getGenericExceptionTypes()));
                    used.add(member instanceof Method method ? method.getGenericReturnType() : type);
                });
        return used.stream()
                .flatMap(name -> CLASS_NAME.matcher(name.getTypeName()).results())
                .map(MatchResult::group)
                .toList();
    }
}
