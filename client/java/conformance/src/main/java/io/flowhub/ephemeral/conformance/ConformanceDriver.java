package io.flowhub.ephemeral.conformance;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.client.LoadException;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs the operations of {@code client/conformance} on the Java client: JSON lines on standard input and output. */
public final class ConformanceDriver {

    private static final Gson GSON =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    private final Operations operations = new Operations(ConformanceDriver::write);
    private final ExecutorService executor = Executors.newCachedThreadPool();

    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws IOException, InterruptedException {
        System.setOut(System.err); // Only lines of the protocol go to standard output.
        new ConformanceDriver().run();
    }

    private void run() throws IOException, InterruptedException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonObject request = JsonParser.parseString(line).getAsJsonObject();
            String op = request.get("op").getAsString();
            if (Operations.CHANGES_A_HANDLE.contains(op)) {
                answer(request, op); // in the order of the requests; none of them blocks
            } else {
                executor.execute(() -> answer(request, op));
            }
        }
        operations.close();
        executor.shutdownNow();
        executor.awaitTermination(5, TimeUnit.SECONDS);
    }

    private void answer(JsonObject request, String op) {
        JsonObject answer = new JsonObject();
        answer.add("id", request.get("id"));
        try {
            JsonObject args = request.has("args") ? request.getAsJsonObject("args") : new JsonObject();
            answer.add("result", operations.run(op, args));
        } catch (Exception e) {
            answer.add("error", error(e));
        }
        write(answer);
    }

    private static JsonObject error(Exception failure) {
        JsonObject error = new JsonObject();
        error.addProperty("code", code(failure));
        error.addProperty(
                "reason",
                EphemeralErrors.reasonName(failure)
                        .map(name -> name.replaceFirst("^ERROR_REASON_", ""))
                        .orElse(null));
        error.addProperty(
                "retry_delay_ms",
                EphemeralErrors.retryDelay(failure).map(Duration::toMillis).orElse(null));
        error.add("metadata", GSON.toJsonTree(EphemeralErrors.metadata(failure)));
        error.addProperty("message", String.valueOf(failure));
        return error;
    }

    private static String code(Exception failure) {
        if (failure instanceof LoadException) {
            return "LOAD";
        }
        if (failure instanceof IllegalArgumentException) {
            return "INVALID_ARGUMENT";
        }
        return Status.fromThrowable(failure).getCode().name();
    }

    private static void write(JsonObject line) {
        synchronized (OUT) {
            OUT.println(GSON.toJson(line));
            OUT.flush();
        }
    }

    /** What receives events. */
    interface Output extends Consumer<JsonObject> {}
}
