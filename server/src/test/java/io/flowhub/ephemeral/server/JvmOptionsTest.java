package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the options of the release change inside the process. */
@Tag("contract")
@Tag("quick")
class JvmOptionsTest {

    /** The JDK sleeps before it fails an allocation of direct memory, which would stop all callers of an event loop. */
    @Test
    void bothNettysFailAnAllocationAtOnceEachInItsShare() throws Exception {
        assertThat(output(
                        "@../deploy/jvm.options",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Allocators.class.getName()))
                .endsWith("true 33554432 true 16777216\n");
    }

    /** Java ignores what it does not know, so that an older one starts. */
    @Test
    void javaKnowsEachOption() throws Exception {
        String known =
                output("@../deploy/jvm.options", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PrintFlagsFinal", "-version");
        List<String> names = Files.readAllLines(Path.of("../deploy/jvm.options")).stream()
                .filter(line -> line.startsWith("-XX:"))
                .map(line -> line.replaceFirst("-XX:[+-]?", "").replaceFirst("=.*", ""))
                .toList();

        assertThat(names).hasSizeGreaterThan(5).allMatch(name -> known.contains(" " + name + " "));
    }

    private static String output(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(arguments.length + 1);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(arguments));
        Process java = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
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
