package io.flowhub.ephemeral.server.fuzz;

import static java.util.Map.entry;

import io.flowhub.ephemeral.server.RequestsTarget;
import io.flowhub.ephemeral.server.caller.CallersTarget;
import io.flowhub.ephemeral.server.config.ConfigTarget;
import io.flowhub.ephemeral.server.flagd.FlagValuesTarget;
import io.flowhub.ephemeral.server.redis.ChannelsTarget;
import io.flowhub.ephemeral.server.redis.RepliesTarget;
import io.flowhub.ephemeral.server.rls.RulesTarget;
import io.flowhub.ephemeral.server.tls.PemTarget;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;

/** All targets. A new one is one more line here; the regression test and {@code .ci/fuzz} run it then. */
final class FuzzTargets {

    static final Map<String, Supplier<FuzzTarget>> ALL = new TreeMap<>(Map.ofEntries(
            entry("flag-values", FlagValuesTarget::new),
            entry("requests", RequestsTarget::new),
            entry("ids", IdsTarget::new),
            entry("json", JsonTarget::new),
            entry("config", ConfigTarget::new),
            entry("callers", CallersTarget::new),
            entry("rules", RulesTarget::new),
            entry("pem", PemTarget::new),
            entry("channels", ChannelsTarget::new),
            entry("replies", RepliesTarget::wellFormed),
            entry("raw-replies", RepliesTarget::raw)));

    static FuzzTarget open(String name) {
        return Objects.requireNonNull(ALL.get(name), name).get();
    }

    private FuzzTargets() {}
}
