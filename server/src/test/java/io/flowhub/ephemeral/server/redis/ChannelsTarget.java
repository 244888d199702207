package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.InProcessCalls;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What arrives on the channels of all features: a byte that selects the channel, and a message, while streams are open. */
public final class ChannelsTarget implements FuzzTarget {

    private final Map<String, Subscriber> subscribers = new TreeMap<>();
    private final List<Subscriber> byIndex;

    public ChannelsTarget() {
        // The prefix: tests count the servers that receive a message, and this one stays subscribed.
        InProcessCalls calls = new InProcessCalls("redis.prefix: fuzz\nredis.url: " + TestRedis.url() + "\n");
        Unchecked.call(
                () -> calls.redis().initialRedisCheck().toCompletableFuture().get());
        calls.openStreams("id");
        connection(calls.redis()).subscriptions().connect((channel, subscriber) -> {
            subscribers.put(channel, subscriber);
            return CompletableFuture.completedFuture(1);
        });
        byIndex = new ArrayList<>(subscribers.values());
    }

    private static RedisConnection connection(RedisClient client) {
        return Unchecked.call(() -> {
            Field connection = RedisClient.class.getDeclaredField("connection");
            connection.setAccessible(true);
            return (RedisConnection) connection.get(client);
        });
    }

    @Override
    public Stream<byte[]> seeds() {
        String broadcast = "CgJpZBICbWUaAWE="; // PublishRequest of room "id"
        List<String> messages = List.of(
                "abc id",
                "abc =1",
                "abc=12",
                "abc?",
                "abc 1 1700000000000 1700000030000 id",
                "abc 1 5 " + broadcast,
                "abc 3 " + broadcast,
                "abc 7 EgRuYW1l",
                "abc 8 EgRuYW1lGgE1",
                "rate:id:action");
        return IntStream.range(0, byIndex.size())
                .boxed()
                .flatMap(channel -> messages.stream()
                        .map(message -> ((char) channel.intValue() + message).getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void read(byte[] input) {
        if (input.length == 0) {
            return;
        }
        Subscriber subscriber = byIndex.get((input[0] & 0xff) % byIndex.size());
        subscriber.onMessage(new String(input, 1, input.length - 1, StandardCharsets.UTF_8));
    }
}
