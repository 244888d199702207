package io.flowhub.ephemeral.server.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What Jazzer calls: the target named by the system property {@code fuzz.target}. */
public final class JazzerEntry {

    private static final int WARM_UP = 10;

    private static @Nullable FuzzTarget target;

    /** Reads the seeds too, so that the time of Jazzer does not count the loading of classes. */
    public static void fuzzerInitialize() throws Exception {
        FuzzTarget opened = FuzzTargets.open(System.getProperty("fuzz.target", ""));
        target = opened;
        for (Iterator<byte[]> each = opened.seeds().limit(WARM_UP).iterator(); each.hasNext(); ) {
            InputBounds.read(opened, each.next());
        }
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        InputBounds.read(Objects.requireNonNull(target), input);
    }

    /** Without arguments prints the targets; else writes the seeds of the target into the folder. */
    public static final class Seeds {

        public static void main(String[] args) throws IOException {
            if (args.length == 0) {
                FuzzTargets.ALL.keySet().forEach(System.out::println);
                return;
            }
            int number = 0;
            for (Iterator<byte[]> each = FuzzTargets.open(args[0]).seeds().iterator(); each.hasNext(); number++) {
                Files.write(Path.of(args[1], "seed-" + number), each.next());
            }
            System.exit(0); // a target may have threads
        }

        private Seeds() {}
    }

    private JazzerEntry() {}
}
