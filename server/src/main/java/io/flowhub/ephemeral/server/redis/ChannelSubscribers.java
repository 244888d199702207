package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The subscribers of one channel. Each receives every message. */
final class ChannelSubscribers implements Subscriber {

    private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();

    void add(Subscriber subscriber) {
        subscribers.add(subscriber);
    }

    @Override
    public void onMessage(String message) {
        subscribers.forEach(subscriber -> subscriber.onMessage(message));
    }

    @Override
    public void onGap() {
        subscribers.forEach(Subscriber::onGap);
    }
}
