package io.flowhub.ephemeral.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every test class of the server and of the Java client has one kind, as CONTRIBUTING.md lists them. */
@Tag("unit")
class TestKindsTest {

    private static final List<Path> TESTS = List.of(Path.of("src/test/java"), Path.of("../client/java/src/test/java"));
    private static final Pattern SUITE = Pattern.compile("class \\w+ extends (\\w+)");
    private static final Pattern KIND = Pattern.compile("(?m)^@Tag\\(\"(unit|contract|fault|pins)\"\\)$");

    @Test
    void everyTestClassHasOneKind() throws IOException {
        List<Path> classes = new ArrayList<>();
        for (Path tests : TESTS) {
            try (Stream<Path> files = Files.walk(tests)) {
                files.filter(file -> file.toString().endsWith("Test.java")).forEach(classes::add);
            }
        }
        assertThat(classes)
                .hasSizeGreaterThan(100)
                .allSatisfy(file -> assertThat(KIND.matcher(withItsSuite(file)).results())
                        .as("the kinds of %s", file.getFileName())
                        .hasSize(1));
    }

    /** A class of a suite in its folder may inherit the kind. */
    private static String withItsSuite(Path file) throws IOException {
        String source = Files.readString(file);
        Matcher extended = SUITE.matcher(source);
        Path suite = extended.find() ? file.resolveSibling(extended.group(1) + ".java") : file;
        return suite.equals(file) || !Files.exists(suite) ? source : source + Files.readString(suite);
    }
}
