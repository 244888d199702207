package io.flowhub.ephemeral.server.fuzz;

import io.flowhub.ephemeral.server.fixture.Unchecked;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files for inputs that the server reads from a file, in memory where there is such a folder. */
public final class InputFile {

    private static final Path MEMORY = Path.of("/dev/shm");

    /** A file of a new folder; both are deleted with the JVM. */
    public static Path create(String name) {
        return Unchecked.call(() -> {
            Path folder = Files.isWritable(MEMORY)
                    ? Files.createTempDirectory(MEMORY, "ephemeral-fuzz")
                    : Files.createTempDirectory("ephemeral-fuzz");
            Path file = folder.resolve(name);
            folder.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            return file;
        });
    }

    private InputFile() {}
}
