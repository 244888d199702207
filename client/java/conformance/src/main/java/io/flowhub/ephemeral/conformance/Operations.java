package io.flowhub.ephemeral.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralClientBuilder;
import io.flowhub.ephemeral.client.EphemeralIds;
import io.flowhub.ephemeral.client.ReadThrough;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The operations by name. */
final class Operations {

    static final Set<String> CHANGES_A_HANDLE = Set.of(
            "connect",
            "heartbeats",
            "heartbeat_add",
            "heartbeat_remove",
            "watch_presence",
            "watch_typing",
            "subscribe",
            "watch_add",
            "watch_remove",
            "pause",
            "resume");

    private final ConformanceDriver.Output output;
    private volatile EphemeralClient client;
    private volatile Handles handles;

    Operations(ConformanceDriver.Output output) {
        this.output = output;
    }

    JsonObject run(String op, JsonObject args) throws Exception {
        return switch (op) {
            case "connect" -> connect(args);
            case "call" -> call(args);
            case "read_through" -> readThrough(args);
            case "evict" -> result("evicted", objects(args).evict(text(args, "key")));
            case "escape_id" -> escapeId(text(args, "text"));
            case "limit" -> LimitOperation.decide(client, args);
            case "close" -> close();
            default -> handles.run(op, args);
        };
    }

    private JsonObject connect(JsonObject args) throws IOException {
        EphemeralClientBuilder builder = EphemeralClient.builder(text(args, "target"));
        if (args.has("ca")) {
            builder.credentials(TlsChannelCredentials.newBuilder()
                    .trustManager(new File(text(args, "ca")))
                    .build());
        } else {
            builder.plaintext();
        }
        if (args.has("token_file")) {
            builder.bearerTokenFile(Path.of(text(args, "token_file")));
        }
        if (args.has("deadline_ms")) {
            builder.deadline(millis(args, "deadline_ms"));
        }
        if (args.has("max_cache_wait_ms")) {
            builder.maxCacheWait(millis(args, "max_cache_wait_ms"));
        }
        client = builder.build();
        handles = new Handles(client, output);
        return new JsonObject();
    }

    private JsonObject call(JsonObject args) throws ReflectiveOperationException, InvalidProtocolBufferException {
        MethodDescriptor<Message, Message> method = method(text(args, "method"));
        Message.Builder request = prototype(method).newBuilderForType();
        JsonFormat.parser().merge(args.get("request").toString(), request);
        CallOptions options = args.has("deadline_ms")
                ? CallOptions.DEFAULT.withDeadlineAfter(args.get("deadline_ms").getAsLong(), TimeUnit.MILLISECONDS)
                : CallOptions.DEFAULT;
        Message response = ClientCalls.blockingUnaryCall(client.channel(), method, options, request.build());
        JsonElement json = JsonParser.parseString(
                JsonFormat.printer().alwaysPrintFieldsWithNoPresence().print(response));
        JsonObject result = new JsonObject();
        result.add("response", json);
        return result;
    }

    @SuppressWarnings("unchecked") // All messages of the contract are those of protobuf.
    private static MethodDescriptor<Message, Message> method(String name) throws ReflectiveOperationException {
        String[] serviceAndMethod = name.split("/");
        ServiceDescriptor service =
                (ServiceDescriptor) Class.forName("io.flowhub.ephemeral.v1." + serviceAndMethod[0] + "Grpc")
                        .getMethod("getServiceDescriptor")
                        .invoke(null);
        return (MethodDescriptor<Message, Message>) service.getMethods().stream()
                .filter(method -> serviceAndMethod[1].equals(method.getBareMethodName()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("method: " + name));
    }

    private static Message prototype(MethodDescriptor<Message, Message> method) {
        return Objects.requireNonNull(
                ((PrototypeMarshaller<Message>) method.getRequestMarshaller()).getMessagePrototype());
    }

    private JsonObject readThrough(JsonObject args) {
        JsonObject loads = args.getAsJsonObject("loads");
        AtomicBoolean isLoaded = new AtomicBoolean();
        Optional<String> value = objects(args).get(text(args, "key"), id -> {
            isLoaded.set(true);
            if (loads.has("delay_ms")) {
                Thread.sleep(loads.get("delay_ms").getAsLong());
            }
            if (loads.has("error") && loads.get("error").getAsBoolean()) {
                throw new IOException("the loader failed, as requested");
            }
            JsonElement loaded = loads.get("value");
            return loaded == null || loaded.isJsonNull() ? Optional.empty() : Optional.of(loaded.getAsString());
        });
        JsonObject result = result("loaded", isLoaded.get());
        result.addProperty("value", value.orElse(null));
        return result;
    }

    private ReadThrough objects(JsonObject args) {
        return switch (text(args, "kind")) {
            case "users" -> client.users();
            case "products" -> client.products();
            default -> throw new IllegalArgumentException("kind: " + args);
        };
    }

    private static JsonObject escapeId(String text) {
        JsonObject result = new JsonObject();
        result.addProperty("id", EphemeralIds.escape(text));
        return result;
    }

    JsonObject close() {
        if (client != null) {
            handles.releaseReaders();
            client.close();
        }
        return new JsonObject();
    }

    static String text(JsonObject args, String name) {
        return args.get(name).getAsString();
    }

    private static Duration millis(JsonObject args, String name) {
        return Duration.ofMillis(args.get(name).getAsLong());
    }

    private static JsonObject result(String name, boolean value) {
        JsonObject result = new JsonObject();
        result.addProperty(name, value);
        return result;
    }
}
