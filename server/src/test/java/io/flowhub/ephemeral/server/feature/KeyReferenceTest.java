package io.flowhub.ephemeral.server.feature;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;
import io.flowhub.ephemeral.server.fixture.ReferencePage;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class KeyReferenceTest {

    @Test
    void referenceListsEveryKeyWithValueAndTtl() throws IOException {
        StringBuilder table = new StringBuilder("| Key | Value | TTL |\n|---|---|---|\n");
        keys().forEach(key -> table.append("| `%s` | %s | %s |\n".formatted(key.name(), key.value(), key.ttl())));

        ReferencePage.assertTable("keys.md", table.toString());
    }

    @Test
    void kindsAreDistinct() {
        List<String> prefixes =
                Features.keyKinds().stream().map(kind -> kind.prefix() + ":").toList();

        assertThat(prefixes)
                .isNotEmpty()
                .allSatisfy(prefix ->
                        assertThat(prefixes).filteredOn(prefix::startsWith).hasSize(1));
    }

    @Test
    void everyKeyThatIsUsedIsListedAndEveryListedKeyIsUsed() throws Exception {
        List<String> used = usedKeys();

        assertThat(used).isNotEmpty().allSatisfy(key -> assertThat(keys()).anyMatch(listed -> matches(listed, key)));
        assertThat(keys()).allSatisfy(listed -> assertThat(used).anyMatch(key -> matches(listed, key)));
    }

    private static List<KeyName> keys() {
        return Features.keyKinds().stream()
                .flatMap(kind -> kind.keys().stream())
                .toList();
    }

    /** What the {@code *Keys} classes return for the id "x". A companion of any key is {@code {x}:suffix}. */
    private static List<String> usedKeys() throws Exception {
        List<String> keys = new ArrayList<>();
        URL main = Features.class.getProtectionDomain().getCodeSource().getLocation();
        for (JavaClass type : new ClassFileImporter().importUrl(main)) {
            if (!type.getSimpleName().endsWith("Keys")) {
                continue;
            }
            for (Method method : type.reflect().getDeclaredMethods()) {
                if (Modifier.isStatic(method.getModifiers()) && method.getReturnType() == String.class) {
                    method.setAccessible(true); // package-private
                    Object[] ids = Arrays.stream(method.getParameterTypes())
                            .map(parameter -> parameter == int.class ? (Object) 0 : "x")
                            .toArray();
                    keys.add((String) method.invoke(null, ids));
                }
            }
        }
        return keys;
    }

    private static boolean matches(KeyName listed, String key) {
        String name = key.startsWith("{x}:") ? listed.name().replaceAll("\\{.*}", "{x}") : listed.name();
        String regex = Arrays.stream(name.split("<\\w+>", -1))
                .map(Pattern::quote)
                .reduce((left, right) -> left + "[^:{}]+" + right)
                .orElseThrow();
        return key.matches(regex);
    }
}
