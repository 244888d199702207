package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.fixture.Unchecked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The Lua files of the server, and a way to write each script as it is sent to Redis, for luacheck. */
final class ScriptFiles {

    private static final Path ROOT = Path.of("src/main/resources/lua");

    /** The names of the scripts: all files outside of a folder {@code lib}. */
    static List<String> scripts() {
        return names().filter(name -> !name.contains("/lib/")).toList();
    }

    /** The names of the libraries: all files in a folder {@code lib}. */
    static List<String> libraries() {
        return names().filter(name -> name.contains("/lib/")).toList();
    }

    /** The text of the file itself, without what it includes. */
    static String text(String name) {
        return Unchecked.call(() -> Files.readString(ROOT.resolve(name + ".lua")));
    }

    private static Stream<String> names() {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files
                    .map(file -> ROOT.relativize(file).toString())
                    .filter(name -> name.endsWith(".lua"))
                    .map(name -> name.substring(0, name.length() - ".lua".length()))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes every script with its libraries below the given directory; runs in the directory of the module. */
    public static void main(String[] args) throws IOException {
        Path target = Path.of(args[0]);
        for (String name : scripts()) {
            Path file = target.resolve(name + ".lua");
            Files.createDirectories(file.getParent());
            Files.writeString(file, Script.load(name).source());
        }
    }

    private ScriptFiles() {}
}
