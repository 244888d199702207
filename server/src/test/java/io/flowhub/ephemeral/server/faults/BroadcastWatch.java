package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;

/** The messages of one room, as one server delivers them. */
final class BroadcastWatch extends WatchedStream<SubscribeRequest, SubscribeResponse> {

    private final String name;
    private final Findings findings;
    private final String room;
    private final Map<String, Publisher> publishers;
    private final Map<String, Delivered> delivered = new HashMap<>();
    private long subscribedAt = Long.MAX_VALUE;

    /** @param publishers by sender id */
    BroadcastWatch(
            ManagedChannel server,
            ScheduledExecutorService scheduler,
            Findings findings,
            String room,
            Map<String, Publisher> publishers) {
        super(server, BroadcastServiceGrpc.getSubscribeMethod(), scheduler);
        this.name = "Subscribe of " + server.authority();
        this.findings = findings;
        this.room = room;
        this.publishers = publishers;
    }

    @Override
    SubscribeRequest firstRequest() {
        return SubscribeRequest.newBuilder().addAddRoomIds(room).build();
    }

    @Override
    void opened() {
        delivered.clear();
        subscribedAt = Long.MAX_VALUE;
    }

    @Override
    void received(SubscribeResponse event) {
        switch (event.getEventCase()) {
            case SUBSCRIBED -> {
                subscribedAt = System.nanoTime();
                publishers.forEach(
                        (sender, publisher) -> delivered.put(sender, new Delivered(publisher, subscribedAt)));
            }
            case MESSAGE -> {
                Delivered ofSender = delivered.get(event.getMessage().getSenderId());
                long number = Long.parseLong(event.getMessage().getPayload().toStringUtf8());
                Optional<String> violation =
                        ofSender == null ? Optional.of("a message before subscribed") : ofSender.message(number);
                violation.ifPresent(rule -> findings.add(name + ": " + rule));
            }
            case GAP, STALE, RESYNCED -> delivered.values().forEach(Delivered::gap);
            default -> {}
        }
    }

    /** Which messages are neither delivered nor reported as lost. */
    synchronized Optional<String> missing() {
        if (delivered.isEmpty()) {
            return Optional.of(name + " is not subscribed");
        }
        return delivered.values().stream()
                .map(Delivered::missing)
                .flatMap(Optional::stream)
                .map(missing -> name + ": " + missing)
                .findFirst();
    }
}
