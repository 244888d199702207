package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.server.secret.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The keys of counters: {@code rate:<user_id>:<action>} as CheckRate has them, so that CheckRate, RefundRate and ResetRate
 * reach the same counter. The user id has the values of a descriptor, the action its domain, keys and window:
 * {@code rate:10.0.0.1|login:rls|edge|remote_address|path|minute}. Each descriptor and window has a counter of its own:
 * {@link EscapedParts} keeps parts apart, and a text that is too long for an id becomes {@code %%} and its digest, which no
 * escaped text contains.
 */
final class CounterName {

    private static final int MAX_ID_BYTES = 128;
    private static final int MAX_BYTES_PER_CHAR = 3;

    private static final String PREFIX = "rls|";

    /** The action of all descriptors with these keys. */
    static String action(String domain, List<Entry> entries, Limit limit) {
        EscapedParts parts = new EscapedParts().add(domain);
        for (int i = 0; i < entries.size(); i++) {
            parts.add(entries.get(i).getKey());
        }
        String text = parts.add(window(limit)).toString();
        return PREFIX + shortened(text, MAX_ID_BYTES - PREFIX.length());
    }

    /** {@code minute}, or {@code 5minute}. */
    private static String window(Limit limit) {
        String unit = limit.unit().name().toLowerCase(Locale.ROOT);
        return limit.multiplier() == 1 ? unit : limit.multiplier() + unit;
    }

    /** The key of the counter of a descriptor with these values. */
    static String key(List<String> values, String action) {
        EscapedParts parts = new EscapedParts();
        for (int i = 0; i < values.size(); i++) {
            parts.add(values.get(i));
        }
        return "rate:" + shortened(parts.toString(), MAX_ID_BYTES) + ":" + action;
    }

    private static String shortened(String text, int maxBytes) {
        boolean fits = text.length() * MAX_BYTES_PER_CHAR <= maxBytes
                || text.getBytes(StandardCharsets.UTF_8).length <= maxBytes;
        return fits ? text : "%%" + Sha256.ofText(text);
    }

    private CounterName() {}
}
