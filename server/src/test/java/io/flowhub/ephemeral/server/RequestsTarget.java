package io.flowhub.ephemeral.server;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.InProcessCalls.End;
import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Requests of every method: a byte that selects the method, and the bytes of a message; for a stream, of several messages
 * with a separator between them.
 */
public final class RequestsTarget implements FuzzTarget {

    private static final String SEPARATOR = "\0next";

    private final InProcessCalls calls = InProcessCalls.withoutRedis();
    private final List<String> names = calls.names();

    @Override
    public Stream<byte[]> seeds() {
        Stream<byte[]> valid = RpcCatalog.ALL.stream()
                .map(rpc -> input(
                        names.indexOf(rpc.method().getFullMethodName()),
                        rpc.validRequest("id"),
                        rpc.validRequest("other")));
        Stream<byte[]> arbitrary =
                IntStream.range(0, names.size()).mapToObj(method -> new byte[] {(byte) method, '\n', 1, 'a'});
        return Stream.concat(valid, arbitrary);
    }

    private static byte[] input(int method, Message... requests) {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.write(method);
        for (int i = 0; i < requests.length; i++) {
            input.writeBytes(i == 0 ? new byte[0] : SEPARATOR.getBytes(StandardCharsets.ISO_8859_1));
            input.writeBytes(requests[i].toByteArray());
        }
        return input.toByteArray();
    }

    @Override
    public void read(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int method = (input[0] & 0xff) % names.size();
        String rest = new String(input, 1, input.length - 1, StandardCharsets.ISO_8859_1);
        List<byte[]> requests = new ArrayList<>();
        for (String request : rest.split(SEPARATOR, -1)) {
            requests.add(request.getBytes(StandardCharsets.ISO_8859_1));
        }
        End end = calls.call(method, requests);
        if (end != null) {
            EndRule.require(names.get(method), end);
        }
    }
}
