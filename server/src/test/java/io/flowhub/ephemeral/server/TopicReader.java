package io.flowhub.ephemeral.server;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.StreamKind.Event;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A stream of any kind, and what it received about each topic. */
final class TopicReader extends StreamReader<Message, Message> {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final StreamKind kind;

    /** Opens a stream of these topics, and waits for the first event about each. */
    static TopicReader open(StreamKind kind, Channel channel, String... topics) {
        return new TopicReader(kind, channel, false).add(topics).awaitAll(List.of(topics));
    }

    TopicReader(StreamKind kind, Channel channel, boolean stalls) {
        super(stalls);
        this.kind = kind;
        var unused = ClientCalls.asyncBidiStreamingCall(
                channel.newCall(RpcCaller.method(kind.rpc()), CallOptions.DEFAULT), this);
    }

    TopicReader add(String... topics) {
        return update(List.of(topics), List.of());
    }

    TopicReader update(List<String> added, List<String> removed) {
        send(kind.request(added, removed));
        return this;
    }

    private Stream<Event> events() {
        return all().stream().flatMap(kind::events);
    }

    /** All events about topics and about none, in order. */
    List<String> described() {
        return events().map(Event::what).toList();
    }

    List<String> of(String topic) {
        return events().filter(event -> event.topic().equals(topic))
                .map(Event::what)
                .toList();
    }

    /** The events about no topic. */
    List<String> markers() {
        return of("");
    }

    private Map<String, String> latest() {
        Map<String, String> latest = new HashMap<>();
        events().forEach(event -> latest.put(event.topic(), event.what()));
        return latest;
    }

    /** Waits until this is the last event about the topic. */
    TopicReader await(String topic, String what) {
        await(List.of(topic), what);
        return this;
    }

    void await(Collection<String> topics, String what) {
        await(SOON, what + " of " + topics, () -> {
            Map<String, String> latest = latest();
            return topics.stream().allMatch(topic -> what.equals(latest.get(topic)));
        });
    }

    /** Waits for an event about each topic. */
    TopicReader awaitAll(Collection<String> topics) {
        await(SOON, "an event about each topic", () -> latest().keySet().containsAll(topics));
        return this;
    }

    /** Waits until there were so many events about the topic. */
    TopicReader awaitCount(String topic, int count) {
        await(SOON, count + " events of " + topic, () -> of(topic).size() >= count);
        return this;
    }

    /** Waits until the stream ends because the ids to add or to remove are invalid. */
    void awaitInvalid(String prefix) {
        String field =
                StreamKind.field(kind.request(List.of(), List.of()), prefix).getName();
        StatusAssert.invalidField(field, this::awaitEnd);
    }

    void awaitMarker(String what) {
        await(SOON, what, () -> markers().contains(what));
    }
}
