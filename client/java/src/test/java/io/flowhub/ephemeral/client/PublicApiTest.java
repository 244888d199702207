package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application sees of the client. */
@Tag("unit")
class PublicApiTest {

    private static final String INTERNAL = EphemeralClient.class.getPackageName() + ".internal";
    private static final Pattern CLASS_NAME = Pattern.compile("[a-z][\\w.]*\\.[A-Z]\\w*");

    static List<Class<?>> publicTypes() throws IOException, URISyntaxException {
        Path root = Path.of(EphemeralClient.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        String name = EphemeralClient.class.getPackageName();
        List<Class<?>> types = new ArrayList<>();
        try (Stream<Path> files = Files.list(root.resolve(name.replace('.', '/')))) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".class")).toList()) {
                Class<?> type = load(name + "." + file.getFileName().toString().replace(".class", ""));
                if (Modifier.isPublic(type.getModifiers())) {
                    types.add(type);
                }
            }
        }
        return types;
    }

    @ParameterizedTest
    @MethodSource("publicTypes")
    void signaturesNameOnlyPublicTypesOutsideTheInternals(Class<?> type) {
        for (String name : namesIn(type)) {
            assertThat(name).doesNotStartWith(INTERNAL);
            Class<?> used = load(name);
            assertThat(Modifier.isPublic(used.getModifiers())).as(name).isTrue();
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
    void everyPublicTypeIsFound() throws Exception {
        assertThat(publicTypes())
                .contains(EphemeralClient.class, EphemeralStubs.class, Heartbeats.class)
                .hasSizeGreaterThan(15);
    }

    private static List<String> namesIn(Class<?> type) {
        List<String> signatures = new ArrayList<>();
        signatures.add(String.valueOf(type.getGenericSuperclass()));
        Arrays.stream(type.getGenericInterfaces()).forEach(used -> signatures.add(used.getTypeName()));
        Stream.concat(Arrays.stream(type.getMethods()), Arrays.stream(type.getConstructors()))
                .filter(member -> member.getDeclaringClass() != Object.class)
                .forEach(member -> signatures.add(signature(member)));
        List<String> names = new ArrayList<>();
        for (String signature : signatures) {
            Matcher matcher = CLASS_NAME.matcher(signature);
            while (matcher.find()) {
                names.add(matcher.group());
            }
        }
        return names;
    }

    private static String signature(Executable member) {
        List<String> types = new ArrayList<>();
        Arrays.stream(member.getGenericParameterTypes()).forEach(used -> types.add(used.getTypeName()));
        Arrays.stream(member.getGenericExceptionTypes()).forEach(used -> types.add(used.getTypeName()));
        if (member instanceof Method method) {
            types.add(method.getGenericReturnType().getTypeName());
        }
        return String.join(" ", types);
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, PublicApiTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
