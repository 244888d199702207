package io.flowhub.ephemeral.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The documents agree with the repository: links, names of code, RPCs. */
@Tag("unit")
class DocumentationTest {

    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
    private static final int MAX_README_BYTES = 7_000;

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^```.*?^```");

    /** {@code redis/ScriptBatcher}, {@code SomethingTest}, {@code lua/redis/batch.lua}, {@code check_all.lua}. */
    private static final Pattern NAME_OF_CODE =
            Pattern.compile("`([a-z]+/[A-Z]\\w+|[A-Z]\\w+Test|(?:[a-z]+/)*\\w+\\.lua)`");

    private static final Path PROTOS = HOME.resolve("proto/src/main/proto/flowhub/ephemeral/v1");
    private static final Pattern SERVICE = Pattern.compile("(?m)^service (\\w+) ");
    private static final Pattern RPC = Pattern.compile("(?m)^ +rpc (\\w+)\\(");

    private static final Pattern SUITE = Pattern.compile("class \\w+ extends (\\w+)");
    private static final Pattern KIND = Pattern.compile("(?m)^@Tag\\(\"(unit|contract|fault|pins)\"\\)$");

    @Test
    void everyRelativeLinkResolves() throws IOException {
        for (Path document : documents()) {
            assertThat(LINK.matcher(withoutCode(document)).results().map(link -> link.group(1)))
                    .as("links in %s", document)
                    .filteredOn(target -> !target.matches("[a-z]+:.*"))
                    .allSatisfy(target -> assertThat(resolves(document, target)).isTrue());
        }
    }

    @Test
    void everyClassTestAndScriptThatADocumentNamesExists() throws IOException {
        List<Path> files = files();
        for (Path document : documents()) {
            assertThat(NAME_OF_CODE
                            .matcher(Files.readString(document))
                            .results()
                            .map(name -> name.group(1)))
                    .as("names of code in %s", document)
                    .map(name -> name.endsWith(".lua") ? name : name + ".java")
                    .allMatch(name -> files.stream().anyMatch(file -> file.endsWith(name)));
        }
    }

    @Test
    void everyRpcIsInAGuide() throws IOException {
        StringBuilder guides = new StringBuilder();
        for (Path guide : list(HOME.resolve("docs/guides"))) {
            if (!guide.endsWith("java-client.md")) { // its table of retries names nearly every RPC
                guides.append(Files.readString(guide));
            }
        }
        assertThat(inProtos(RPC))
                .hasSizeGreaterThan(30)
                .allSatisfy(rpc -> assertThat(guides).contains("`" + rpc + "`"));
    }

    @Test
    void everyServiceIsInTheTablesOfTheReadmes() throws IOException {
        for (String readme : List.of("README.md", "client/java/README.md")) {
            String text = Files.readString(HOME.resolve(readme));
            assertThat(inProtos(SERVICE))
                    .isNotEmpty()
                    .allSatisfy(service -> assertThat(text).as(readme).contains("\n| " + service + " | "));
        }
    }

    /** Of the server and of the Java client, as CONTRIBUTING.md lists them. */
    @Test
    void everyTestClassHasOneKind() throws IOException {
        assertThat(files())
                .filteredOn(
                        file -> HOME.relativize(file).toString().matches("(server|client/java)/src/test/.*Test.java"))
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

    private static List<String> inProtos(Pattern name) throws IOException {
        List<String> names = new ArrayList<>();
        for (Path proto : list(PROTOS)) {
            name.matcher(Files.readString(proto)).results().forEach(found -> names.add(found.group(1)));
        }
        return names;
    }

    @Test
    void readmeIsOneScreen() throws IOException {
        assertThat(Files.size(HOME.resolve("README.md"))).isLessThanOrEqualTo(MAX_README_BYTES);
    }

    private static boolean resolves(Path document, String target) throws IOException {
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path path = file.isEmpty() ? document : document.resolveSibling(file).normalize();
        return path.startsWith(HOME)
                && Files.exists(path)
                && (hash < 0 || anchors(path).contains(target.substring(hash + 1)));
    }

    /** The anchors that GitHub makes of headings. */
    private static List<String> anchors(Path document) throws IOException {
        return HEADING.matcher(withoutCode(document))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'))
                .toList();
    }

    private static String withoutCode(Path document) throws IOException {
        return CODE_BLOCK.matcher(Files.readString(document)).replaceAll("");
    }

    private static List<Path> documents() throws IOException {
        return files().stream().filter(file -> file.toString().endsWith(".md")).toList();
    }

    /** All files of the repository but those that a build makes. */
    private static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path top : list(HOME)) {
            String name = top.getFileName().toString();
            if (Files.isRegularFile(top)) {
                files.add(top);
            } else if (!name.startsWith(".") && !name.equals("target")) {
                try (Stream<Path> tree = Files.walk(top)) {
                    tree.filter(Files::isRegularFile)
                            .filter(file -> !HOME.relativize(file).toString().matches("(.*/)?target/.*"))
                            .forEach(files::add);
                } catch (UncheckedIOException e) {
                    throw e.getCause(); // a file that a build removed at the same time
                }
            }
        }
        return files;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }
}
