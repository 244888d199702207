package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The messages that a subscriber received, and "gap" for each gap. */
record RecordingSubscriber(List<String> received) implements Subscriber {

    RecordingSubscriber() {
        this(new CopyOnWriteArrayList<>());
    }

    @Override
    public void onMessage(String message) {
        received.add(message);
    }

    @Override
    public void onGap() {
        received.add("gap");
    }
}
