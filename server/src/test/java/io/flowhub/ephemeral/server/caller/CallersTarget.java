package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import io.flowhub.ephemeral.server.fuzz.InputFile;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The file of callers. */
public final class CallersTarget implements FuzzTarget {

    private final CallerFile reader = new CallerFile(new RightNames(
            List.of(CacheServiceGrpc.getServiceDescriptor(), RateLimitServiceGrpc.getServiceDescriptor())));
    private final Path file = InputFile.create("callers.yaml");

    @Override
    public Stream<byte[]> seeds() {
        return Stream.of(
                        """
                        checkout:
                          tokens: [%s]
                          certificates: ["spiffe://flowhub.io/a", b.flowhub.io]
                          may: [CacheService, RateLimitService/CheckRate]
                          id_prefixes: [a-]
                          actions: [login]
                        anonymous: {may: []}
                        """.formatted("0123456789abcdef".repeat(4)),
                        "a: &a {tokens: *a}",
                        "? [a]\n: {tokens: [x]}",
                        "? &a [*a]\n: *a",
                        "a: {may: [" + "x".repeat(1 << 19) + "], certificates: [a]}",
                        "a: {" + "x".repeat(1 << 19) + ": 1}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** SnakeYAML copies a long token once more for each KB of it. The file is the operator's, and of 1 MiB at most. */
    @Override
    public long maxAllocatedBytes() {
        return 4L << 30;
    }

    @Override
    public void read(byte[] input) throws Exception {
        Files.write(file, input);
        try {
            reader.read(file);
        } catch (IllegalArgumentException e) {
            if (String.valueOf(e.getMessage()).isBlank()) {
                throw e;
            }
        }
    }
}
