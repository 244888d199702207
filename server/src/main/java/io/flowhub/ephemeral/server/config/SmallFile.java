package io.flowhub.ephemeral.server.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads files of configuration. A large one, there by mistake, must not exhaust the heap of a running server. */
public final class SmallFile {

    private static final int MAX_BYTES = 1 << 20;

    /**
     * Returns the content.
     *
     * @throws IOException if the file cannot be read, or has more than 1 MiB
     */
    public static byte[] read(Path file) throws IOException {
        byte[] bytes = readBeginning(file);
        if (bytes.length > MAX_BYTES) {
            throw new IOException(file + " has more than 1 MiB");
        }
        return bytes;
    }

    /**
     * Returns the content as text.
     *
     * @throws IOException if the file cannot be read, has more than 1 MiB, or is not UTF-8
     */
    public static String readText(Path file) throws IOException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(read(file)))
                .toString();
    }

    /** Whether it is a pipe or a device, which may have no end. */
    public static boolean isOther(Path file) {
        return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
    }

    /** Enough of a file to see that it changed, or is too large. */
    static byte[] readBeginning(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(MAX_BYTES + 1);
        }
    }

    private SmallFile() {}
}
