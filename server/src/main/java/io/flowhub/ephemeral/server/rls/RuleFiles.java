package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.SmallFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of rules in a directory: those with a name that ends in {@code .yaml} or {@code .yml}, by name. */
final class RuleFiles {

    private static final int MAX_FILES = 1_000;
    private static final String EXPECTED = "1 to " + MAX_FILES + " files *.yaml or *.yml";

    /** A hidden name is that of a version that Kubernetes mounts, or of a copy that an editor keeps. */
    static boolean isRules(Path file) {
        String name = file.getFileName().toString();
        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml"));
    }

    /** Lists the files, or reports why the directory cannot be used. */
    static List<Path> list(Path directory, Problems problems) {
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(RuleFiles::isRules).sorted().toList();
        } catch (IOException | UncheckedIOException e) { // the listing fails unchecked after its first entry
            problems.add("rls.config: " + directory + ": cannot be read (expected: a directory with " + EXPECTED + ")");
            return List.of();
        }
        if (files.isEmpty() || files.size() > MAX_FILES) { // as it may be for a moment while files are replaced
            problems.add("rls.config: " + directory + ": has " + files.size() + " (expected: " + EXPECTED + ")");
            return List.of();
        }
        files.stream()
                .filter(SmallFile::isOther)
                .forEach(file -> problems.add(file + ": is no regular file (expected: a file of YAML)"));
        return files.stream().noneMatch(SmallFile::isOther) ? files : List.of();
    }

    private RuleFiles() {}
}
