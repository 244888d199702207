import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.openfeature.contrib.providers.flagd.FlagdOptions;
import dev.openfeature.contrib.providers.flagd.FlagdProvider;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.ProviderEvent;
import dev.openfeature.sdk.Structure;
import dev.openfeature.sdk.Value;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Drives the flagd provider for Java: the protocol of README.md over standard input and output. */
final class FlagdDriver {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Map<ProviderEvent, String> EVENTS = Map.of(
            ProviderEvent.PROVIDER_READY, "ready",
            ProviderEvent.PROVIDER_STALE, "stale",
            ProviderEvent.PROVIDER_ERROR, "error",
            ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, "change");

    private final OpenFeatureAPI api = OpenFeatureAPI.getInstance();

    public static void main(String[] args) throws Exception {
        FlagdDriver driver = new FlagdDriver();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode request = JSON.readTree(line);
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("id", request.get("id").asInt());
            try {
                answer.put("result", driver.run(request.get("op").asText(), request.get("args")));
            } catch (Exception e) {
                answer.put("error", Map.of("message", e.toString()));
            }
            write(answer);
        }
        driver.api.shutdown();
        System.exit(0); // the provider leaves threads
    }

    private static synchronized void write(Object line) throws Exception {
        System.out.println(JSON.writeValueAsString(line));
        System.out.flush();
    }

    private Map<String, Object> run(String operation, JsonNode args) {
        return switch (operation) {
            case "connect" -> connect(args);
            case "evaluate" -> evaluate(args);
            default -> throw new IllegalArgumentException(operation);
        };
    }

    private Map<String, Object> connect(JsonNode args) {
        EVENTS.forEach(this::watch);
        api.setProviderAndWait(new FlagdProvider(FlagdOptions.builder()
                .host("127.0.0.1")
                .port(args.get("port").asInt())
                .deadline(args.get("deadline_ms").asInt())
                .build()));
        return Map.of();
    }

    private void watch(ProviderEvent event, String name) {
        api.on(event, details -> {
            List<String> flags = details.getFlagsChanged();
            try {
                write(Map.of("event", name, "handle", "provider", "flags", flags == null ? List.of() : flags));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private Map<String, Object> evaluate(JsonNode args) {
        Map<String, Value> attributes = Map.of("plan", new Value("free"));
        EvaluationContext context = args.get("user").isNull()
                ? new ImmutableContext(attributes)
                : new ImmutableContext(args.get("user").asText(), attributes);
        FlagEvaluationDetails<?> details = details(args, context);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("value", details.getValue() instanceof Value value ? plain(value) : details.getValue());
        result.put("reason", details.getReason());
        result.put("variant", details.getVariant());
        result.put("error", details.getErrorCode());
        return result;
    }

    private FlagEvaluationDetails<?> details(JsonNode args, EvaluationContext context) {
        Client client = api.getClient();
        String flag = args.get("flag").asText();
        JsonNode fallback = args.get("default");
        return switch (args.get("type").asText()) {
            case "boolean" -> client.getBooleanDetails(flag, fallback.asBoolean(), context);
            case "string" -> client.getStringDetails(flag, fallback.asText(), context);
            case "integer" -> client.getIntegerDetails(flag, fallback.asInt(), context);
            case "float" -> client.getDoubleDetails(flag, fallback.asDouble(), context);
            case "object" ->
                client.getObjectDetails(
                        flag, new Value(Structure.mapToStructure(JSON.convertValue(fallback, Map.class))), context);
            default -> throw new IllegalArgumentException(args.toString());
        };
    }

    private static Object plain(Value value) {
        if (value.isStructure()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            value.asStructure().asMap().forEach((name, field) -> fields.put(name, plain(field)));
            return fields;
        }
        return value.isList() ? value.asList().stream().map(FlagdDriver::plain).toList() : value.asObject();
    }

    private FlagdDriver() {}
}
