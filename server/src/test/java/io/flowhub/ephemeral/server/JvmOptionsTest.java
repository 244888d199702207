package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the options of the release change inside the process. */
@Tag("contract")
@Tag("quick")
class JvmOptionsTest {

    /** The JDK sleeps before it fails an allocation of direct memory, which would stop all callers of an event loop. */
    @Test
    void bothNettysFailAnAllocationAtOnceEachInItsShare() throws Exception {
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "@../deploy/jvm.options",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Allocators.class.getName())
                .redirectErrorStream(true)
                .start();

        assertThat(new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .endsWith("true 33554432 true 16777216\n");
    }

    static final class Allocators {

        /** From Java 25 on Netty uses neither Unsafe nor the allocation that sleeps. */
        public static void main(String[] args) {
            System.out.println((io.grpc.netty.shaded.io.netty.util.internal.PlatformDependent.useDirectBufferNoCleaner()
                            || !io.grpc.netty.shaded.io.netty.util.internal.PlatformDependent.hasUnsafe())
                    + " " + io.grpc.netty.shaded.io.netty.util.internal.PlatformDependent.maxDirectMemory()
                    + " " + (PlatformDependent.useDirectBufferNoCleaner() || !PlatformDependent.hasUnsafe())
                    + " " + PlatformDependent.maxDirectMemory());
        }
    }
}
