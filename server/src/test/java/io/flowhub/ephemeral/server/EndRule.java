package io.flowhub.ephemeral.server;

import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.InProcessCalls.End;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.List;

/** How a call may end, whatever its request and the reply of Redis are. */
final class EndRule {

    /** A defect: script and server do not fit together, or what replies is no Redis. */
    private static final String UNEXPECTED_REPLY = "[\\w/]+: (unexpected reply|\\d+ values for \\d+ calls .*)";

    private static final CapturedLog LOG = CapturedLog.of(StatusMapper.class);

    /** Fails for INTERNAL and UNKNOWN, and for an error without its details. */
    static void require(String method, End end) {
        Status.Code code = end.status().getCode();
        if (code == Status.Code.INTERNAL || code == Status.Code.UNKNOWN) {
            List<Throwable> thrown = LOG.thrown();
            LOG.clear();
            if (!thrown.isEmpty()
                    && thrown.stream()
                            .allMatch(e -> String.valueOf(e.getMessage()).matches(UNEXPECTED_REPLY))) {
                return;
            }
            throw new AssertionError(method + ": " + end.status(), thrown.isEmpty() ? null : thrown.get(0));
        }
        if (end.status().isOk() || method.startsWith("grpc.")) {
            return;
        }
        com.google.rpc.Status details = StatusProto.fromStatusAndTrailers(end.status(), end.trailers());
        boolean hasReason = details.getDetailsList().stream().anyMatch(detail -> detail.is(ErrorInfo.class));
        boolean hasField = details.getDetailsList().stream().anyMatch(detail -> detail.is(BadRequest.class));
        if (!hasReason || hasField != (code == Status.Code.INVALID_ARGUMENT)) {
            throw new AssertionError(method + ": " + details);
        }
    }

    /** Before the first call. */
    static void startLog() {
        LOG.clear();
    }

    private EndRule() {}
}
