package io.flowhub.ephemeral.server.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.flowhub.ephemeral.server.Server;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** docs/reference/events.md has a row for each event that the server declares. */
@Tag("unit")
class EventsReferenceTest {

    private static final Path PAGE = Path.of("..", "docs", "reference", "events.md");

    @Test
    void eachEventHasARowWithItsLevelItsLineItsMeaningAndWhatToDo() throws Exception {
        List<LogEvent> events = declaredEvents();
        assertThat(events).hasSizeGreaterThan(20).extracting(LogEvent::name).doesNotHaveDuplicates();
        assertThat(events).allSatisfy(event -> {
            assertThat(event.name()).matches("[a-z]+(_[a-z]+)+");
            assertThat(event.fields()).doesNotHaveDuplicates().allMatch(field -> field.matches("[a-z]+(_[a-z]+)*"));
        });

        String expected = events.stream()
                .sorted(Comparator.comparing(LogEvent::name))
                .map(EventsReferenceTest::row)
                .collect(Collectors.joining("\n"));
        String written = rows().stream()
                .map(row ->
                        row.replaceFirst("^(\\|[^|]+\\|[^|]+\\|[^|]+\\|) [^|]*\\w[^|]* \\| [^|]*\\w[^|]* \\|$", "$1"))
                .collect(Collectors.joining("\n"));
        assertThat(written)
                .as("the first three columns of " + PAGE + "; each row needs a meaning and what to do")
                .isEqualTo(expected);
    }

    private static String row(LogEvent event) {
        String optional = event.fields().stream()
                .filter(field -> !event.message().contains("{" + field + "}"))
                .map(field -> ", `" + field + "`")
                .collect(Collectors.joining());
        return "| `%s` | %s | `%s`%s |"
                .formatted(event.name(), event.level(), event.message().replace("`", "'"), optional);
    }

    private static List<String> rows() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .takeWhile(line -> !line.equals("## Lines of libraries"))
                .filter(line -> line.startsWith("| `"))
                .toList();
    }

    private static List<LogEvent> declaredEvents() throws Exception {
        List<LogEvent> events = new ArrayList<>();
        for (JavaField declared : declarations()) {
            Field field = declared.reflect();
            assertThat(Modifier.isStatic(field.getModifiers()))
                    .as(declared.getFullName())
                    .isTrue();
            field.setAccessible(true);
            events.add((LogEvent) field.get(null));
        }
        return events;
    }

    private static List<JavaField> declarations() {
        var main = Server.class.getProtectionDomain().getCodeSource().getLocation();
        return new ClassFileImporter()
                .importUrl(main).stream()
                        .flatMap(type -> type.getFields().stream())
                        .filter(field -> field.getRawType().isEquivalentTo(LogEvent.class))
                        .toList();
    }
}
