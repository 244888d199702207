package io.flowhub.ephemeral.server.rls;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.RateLimitOverride;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;
import java.util.List;

/**
 * What a response tells the filters that come after the rate limit: the request, and the metadata of the rules that it
 * passed. The shape is that of envoyproxy/ratelimit.
 */
final class DynamicMetadata {

    static Struct of(RateLimitRequest request, List<Verdict> verdicts) {
        ListValue.Builder descriptors = ListValue.newBuilder();
        request.getDescriptorsList().forEach(each -> descriptors.addValues(descriptor(each)));
        Struct.Builder metadata = Struct.newBuilder()
                .putFields("domain", text(request.getDomain()))
                .putFields(
                        "descriptors",
                        Value.newBuilder().setListValue(descriptors).build());
        if (request.getHitsAddend() != 0) {
            metadata.putFields("hitsAddend", number(Integer.toUnsignedLong(request.getHitsAddend())));
        }
        Struct.Builder passed = Struct.newBuilder();
        for (Verdict verdict : verdicts) {
            if (verdict.limit() instanceof Counted counted && !verdict.over()) {
                merge(passed, counted.applied().metadata());
            }
        }
        if (passed.getFieldsCount() > 0) {
            metadata.putFields(
                    "metadata", Value.newBuilder().setStructValue(passed).build());
        }
        return metadata.build();
    }

    private static Value descriptor(RateLimitDescriptor descriptor) {
        ListValue.Builder entries = ListValue.newBuilder();
        for (Entry entry : descriptor.getEntriesList()) {
            entries.addValues(text(entry.getKey() + "=" + entry.getValue()));
        }
        Struct.Builder fields = Struct.newBuilder()
                .putFields("entries", Value.newBuilder().setListValue(entries).build());
        if (descriptor.hasLimit()) {
            fields.putFields("limit", text(limit(descriptor.getLimit())));
        }
        if (descriptor.hasHitsAddend()) {
            fields.putFields("hitsAddend", number(descriptor.getHitsAddend().getValue()));
        }
        return Value.newBuilder().setStructValue(fields).build();
    }

    private static String limit(RateLimitOverride limit) {
        return "requests_per_unit:" + Integer.toUnsignedString(limit.getRequestsPerUnit()) + " unit:" + limit.getUnit();
    }

    /** Adds what is missing; of two values that are no messages the first one stays. */
    private static void merge(Struct.Builder into, Struct from) {
        from.getFieldsMap().forEach((name, value) -> {
            Value present = into.getFieldsOrDefault(name, null);
            if (present == null) {
                into.putFields(name, value);
            } else if (present.hasStructValue() && value.hasStructValue()) {
                Struct.Builder merged = present.getStructValue().toBuilder();
                merge(merged, value.getStructValue());
                into.putFields(name, Value.newBuilder().setStructValue(merged).build());
            }
        });
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    private static Value number(long unsigned) {
        double number = unsigned >= 0 ? unsigned : unsigned + 0x1p64;
        return Value.newBuilder().setNumberValue(number).build();
    }

    private DynamicMetadata() {}
}
