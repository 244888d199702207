package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.FakeClock;
import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.Optional;

/** One of the servers: a process as released, which is killed, frozen and started again at the same address. */
final class Replica implements AutoCloseable {

    private final String yaml;
    private final Optional<FakeClock> clock;
    private final int port = FreePorts.next();
    private ServerProcess process;

    /** @param clock its wall clock, if that can be set */
    Replica(String yaml, Optional<FakeClock> clock) {
        this.yaml = yaml;
        this.clock = clock;
        this.process = launch();
    }

    private ServerProcess launch() {
        return ServerProcess.startAsReleased(
                yaml, port, clock.map(FakeClock::environment).orElse(Map.of()));
    }

    String target() {
        return "127.0.0.1:" + port;
    }

    ServerProcess process() {
        return process;
    }

    FakeClock clock() {
        return clock.orElseThrow();
    }

    void kill() {
        process.kill();
    }

    void restart() {
        process.close();
        process = launch();
    }

    /** Whether its health service reports that Redis is available. */
    boolean isReady() {
        try {
            return Readiness.isServing(process.channel(), Server.READINESS);
        } catch (StatusRuntimeException e) {
            process.channel().resetConnectBackoff();
            return false;
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
