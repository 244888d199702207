package io.flowhub.ephemeral.conformance;

import static io.flowhub.ephemeral.conformance.Operations.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.Heartbeats;
import io.flowhub.ephemeral.client.Watch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Heartbeats and watches by their handles. */
final class Handles {

    private final EphemeralClient client;
    private final ConformanceDriver.Output output;
    private final Map<String, Heartbeats> heartbeats = new ConcurrentHashMap<>();
    private final Map<String, Watch> watches = new ConcurrentHashMap<>();
    private final Map<String, HandleEvents> events = new ConcurrentHashMap<>();

    Handles(EphemeralClient client, ConformanceDriver.Output output) {
        this.client = client;
        this.output = output;
    }

    JsonObject run(String op, JsonObject args) {
        String handle = text(args, "handle");
        switch (op) {
            case "heartbeats" -> heartbeats.put(handle, client.heartbeats(open(handle)));
            case "heartbeat_add" -> heartbeats.get(handle).add(text(args, "user"), text(args, "connection"));
            case "heartbeat_remove" -> heartbeats.get(handle).remove(text(args, "user"), text(args, "connection"));
            case "watch_presence" -> watch(handle, client.watchPresence(open(handle)), ids(args, "users"));
            case "watch_typing" -> watch(handle, client.watchTyping(open(handle)), ids(args, "rooms"));
            case "subscribe" -> watch(handle, client.subscribe(open(handle)), ids(args, "rooms"));
            case "watch_add" -> watches.get(handle).add(ids(args, "ids"));
            case "watch_remove" -> watches.get(handle).remove(ids(args, "ids"));
            case "pause" -> events.get(handle).pause();
            case "resume" -> events.get(handle).resume();
            case "close_handle" -> close(handle);
            default -> throw new IllegalArgumentException("op: " + op);
        }
        return new JsonObject();
    }

    void releaseReaders() {
        events.values().forEach(HandleEvents::resume);
    }

    private HandleEvents open(String handle) {
        HandleEvents listener = new HandleEvents(handle, output);
        events.put(handle, listener);
        return listener;
    }

    private void watch(String handle, Watch watch, List<String> ids) {
        watches.put(handle, watch);
        watch.add(ids);
    }

    private void close(String handle) {
        if (heartbeats.containsKey(handle)) {
            heartbeats.remove(handle).close();
        } else {
            watches.remove(handle).close();
        }
        events.get(handle).close();
    }

    private static List<String> ids(JsonObject args, String name) {
        return args.getAsJsonArray(name).asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }
}
