package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.config.ConfigBuilder;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.grpc.BindableService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that does not start leaves no thread and no process behind. */
@Tag("contract")
class FailedStartTest {

    @Test
    void takenPortLeavesNothingRunning() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Settings settings = ConfigBuilder.option("--port", Integer.toString(taken.getLocalPort()))
                    .settings();
            assertNothingStaysRunning(settings, IOException.class);
        }
    }

    @Test
    void exceptionAndErrorLeaveNothingRunning() throws Exception {
        Settings settings = ConfigBuilder.option("--port", "0").settings();
        assertNothingStaysRunning(settings, IllegalStateException.class, () -> {
            throw new IllegalStateException("planted");
        });
        assertNothingStaysRunning(settings, NoClassDefFoundError.class, () -> {
            throw new NoClassDefFoundError("planted");
        });
    }

    private static void assertNothingStaysRunning(
            Settings settings, Class<? extends Throwable> failure, BindableService... additionalServices)
            throws Exception {
        Set<Thread> threads = Thread.getAllStackTraces().keySet();
        Set<ProcessHandle> processes = ProcessHandle.current().descendants().collect(Collectors.toSet());

        assertThatThrownBy(() -> Server.start(settings, additionalServices)).isInstanceOf(failure);

        Eventually.soon(
                "all started threads and processes have ended",
                () -> started(threads, processes).isEmpty());
    }

    private static List<String> started(Set<Thread> threads, Set<ProcessHandle> processes) {
        Stream<String> newThreads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !threads.contains(thread))
                .map(Thread::getName)
                .filter(name -> name.matches("(grpc-loop|redis|presence|typing|broadcast|budget).*"));
        Stream<String> newProcesses = ProcessHandle.current()
                .descendants()
                .filter(process -> !processes.contains(process))
                .map(ProcessHandle::toString);
        return Stream.concat(newThreads, newProcesses).toList();
    }
}
