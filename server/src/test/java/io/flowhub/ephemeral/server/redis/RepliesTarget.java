package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.InProcessCalls;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import io.flowhub.ephemeral.server.redis.FakeRedis.Answer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The reply to the script of a valid call: a byte that selects the call, and the reply. */
public final class RepliesTarget implements FuzzTarget {

    /** List, text, error, number, nothing. */
    private static final String TYPES = "LTEN0";

    private static final int MAX_DEPTH = 4;

    private final Function<byte[], Answer> answerOf;
    private final InProcessCalls calls;
    private final int seedCalls;
    private volatile Answer answer = new FakeRedis.Send("*0\r\n");

    /** Lists of every length and content, and errors. What is neither fails a call with its timeout: see {@link #raw}. */
    public static RepliesTarget wellFormed() {
        return new RepliesTarget(
                input -> {
                    ByteBuffer rest = ByteBuffer.wrap(input);
                    StringBuilder reply = new StringBuilder();
                    if (input.length > 0 && input[0] == 'E') {
                        append(reply, rest, 0);
                    } else {
                        appendList(reply, rest, 0);
                    }
                    return new FakeRedis.Send(reply.toString());
                },
                Integer.MAX_VALUE);
    }

    /** Bytes that need not be a reply; then the connection ends. Few seeds, since each takes a connection. */
    public static RepliesTarget raw() {
        return new RepliesTarget(input -> new FakeRedis.Last(new String(input, StandardCharsets.ISO_8859_1)), 1);
    }

    private RepliesTarget(Function<byte[], Answer> answerOf, int maxSeedCalls) {
        this.answerOf = answerOf;
        FakeRedis redis = Unchecked.call(() -> new FakeRedis(script -> answer));
        this.calls = new InProcessCalls("redis.url: " + redis.url() + "\n");
        this.seedCalls = Math.min(maxSeedCalls, calls.validCalls());
    }

    @Override
    public Stream<byte[]> seeds() {
        List<String> replies = List.of(
                "",
                "\1N1",
                "\3N123T\3abcN\5",
                "\2E\12WRONGTYPE N1",
                "\3N1N\2N\3",
                "\6N1N\2N\3N\4N\5N\6",
                "E\14READONLY You",
                "\1L\2N1N2",
                "\1T\14READONLY You",
                ":1\r\n",
                "*-1\r\n",
                "*1\r\n:1\r\n",
                "*2\r\n$1\r\na\r\n:5\r\n",
                "-LOADING a\r\n",
                "*99999999\r\n",
                "$-5\r\n",
                "$999999999\r\na");
        return IntStream.range(0, seedCalls)
                .boxed()
                .flatMap(call -> replies.stream()
                        .map(reply -> ((char) call.intValue() + reply).getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Override
    public void read(byte[] input) {
        if (input.length == 0) {
            return;
        }
        Eventually.soon("Redis is available", calls.redis()::isAvailable);
        answer = answerOf.apply(Arrays.copyOfRange(input, 1, input.length));
        calls.callValid((input[0] & 0xff) % calls.validCalls());
    }

    /** Interprets the input as a description of a reply. */
    private static void append(StringBuilder reply, ByteBuffer input, int depth) {
        if (!input.hasRemaining()) {
            reply.append(":1\r\n");
            return;
        }
        byte selector = input.get();
        char type =
                TYPES.indexOf(selector) < 0 ? TYPES.charAt(Math.floorMod(selector, TYPES.length())) : (char) selector;
        switch (type) {
            case 'L' -> appendList(reply, input, depth + 1);
            case 'T' -> {
                String text = text(input);
                int bytes = text.getBytes(StandardCharsets.UTF_8).length;
                reply.append('$').append(bytes).append("\r\n").append(text).append("\r\n");
            }
            case 'E' -> reply.append('-').append(line(input)).append("\r\n");
            case 'N' -> reply.append(':').append(number(input)).append("\r\n");
            default -> reply.append(input.hasRemaining() && input.get() % 2 == 0 ? "$-1\r\n" : "*-1\r\n");
        }
    }

    private static void appendList(StringBuilder reply, ByteBuffer input, int depth) {
        int size = depth > MAX_DEPTH ? 0 : length(input);
        reply.append('*').append(size).append("\r\n");
        for (int i = 0; i < size; i++) {
            append(reply, input, depth);
        }
    }

    private static int length(ByteBuffer input) {
        return input.hasRemaining() ? input.get() & 31 : 0;
    }

    private static long number(ByteBuffer input) {
        return input.remaining() >= Long.BYTES && input.get(input.position()) < 0
                ? input.getLong()
                : input.hasRemaining() ? input.get() : 0;
    }

    private static String text(ByteBuffer input) {
        int length = length(input);
        byte[] text = new byte[Math.min(input.remaining(), length)];
        input.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static String line(ByteBuffer input) {
        return text(input).replaceAll("[\r\n]", " ");
    }
}
