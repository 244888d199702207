package io.flowhub.ephemeral.bench.load;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The CPU time of a process so far, in nanoseconds: of all its threads, and of the event loops by their name. */
record ProcessCpu(Map<String, Long> nanos) {

    private static final String ALL = "";

    /** Of no process if the id is 0. */
    static ProcessCpu of(long pid) throws IOException {
        Map<String, Long> nanos = new TreeMap<>();
        if (pid == 0) {
            return new ProcessCpu(nanos);
        }
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                try {
                    long cpu = Long.parseLong(
                            Files.readString(thread.resolve("schedstat")).split(" ", 2)[0]);
                    nanos.merge(ALL, cpu, Long::sum);
                    String name = Files.readString(thread.resolve("comm"));
                    int end = name.indexOf("-loop");
                    if (end > 0) {
                        nanos.merge("_" + name.substring(0, end), cpu, Long::sum);
                    }
                } catch (NoSuchFileException e) {
                    // The thread has ended since the directory was read.
                }
            }
        }
        return new ProcessCpu(nanos);
    }

    /** For example {@code server_us=7.01 server_grpc_us=4.61 server_redis_us=1.57}: microseconds for each call. */
    String perCallSince(ProcessCpu before, String process, long calls) {
        StringBuilder text = new StringBuilder();
        nanos.forEach((thread, now) -> text.append(" %s%s_us=%.2f"
                .formatted(process, thread, (now - before.nanos.getOrDefault(thread, 0L)) / 1e3 / calls)));
        return text.toString();
    }
}
