package io.flowhub.ephemeral.server.fuzz;

import io.flowhub.ephemeral.server.InProcessCalls;
import io.flowhub.ephemeral.server.InProcessCalls.End;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The text of cached objects. */
final class JsonTarget implements FuzzTarget {

    private final InProcessCalls calls = InProcessCalls.withoutRedis();
    private final int method =
            calls.names().indexOf(CacheServiceGrpc.getPutCachedUserMethod().getFullMethodName());

    @Override
    public Stream<byte[]> seeds() {
        return Stream.of(
                        "{}",
                        "{\"a\":[1,-2.5e+10,true,false,null,\"\\u00e9\\ud83d\\\"\"],\"b\":{\"c\":{}}}",
                        "{\"a\":1e99999}",
                        "{\"a\":" + "9".repeat(5_000) + "}",
                        "{\"a\":0." + "9".repeat(4_000) + "e-999999999}",
                        "{\"a\":" + "[".repeat(101) + "]".repeat(101) + "}",
                        "{\"\\ud800\":\"\\udfff\"}",
                        "{" + " ".repeat(5_000) + "}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void read(byte[] input) {
        String json = new String(input, StandardCharsets.UTF_8);
        byte[] request = PutCachedUserRequest.newBuilder()
                .setId("a")
                .setJson(json)
                .build()
                .toByteArray();
        End end = Objects.requireNonNull(calls.call(method, List.of(request)));
        boolean accepted = end.status().getCode() == Status.Code.UNAVAILABLE;
        boolean isObject = json.strip().startsWith("{") && json.strip().endsWith("}");
        if (!(accepted ? isObject : end.status().getCode() == Status.Code.INVALID_ARGUMENT)) {
            throw new AssertionError(end.status());
        }
    }
}
