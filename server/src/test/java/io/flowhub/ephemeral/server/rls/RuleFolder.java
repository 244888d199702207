package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.server.config.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A directory of rules in a test. */
record RuleFolder(Path path) {

    static final RuleLoader LOADER = new RuleLoader(Unit.DAY, false);

    Path write(String name, String yaml) {
        try {
            return Files.writeString(path.resolve(name), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The rules of one file. */
    RuleTable load(String yaml) throws ConfigException {
        write("rules.yaml", yaml);
        return LOADER.load(path);
    }

    String rejection(RuleLoader loader) {
        return String.valueOf(catchThrowableOfType(ConfigException.class, () -> loader.load(path))
                        .getMessage())
                .replace(path + "/", "");
    }

    /** The problems of one file, without the path of the directory. */
    String rejection(String yaml) {
        write("rules.yaml", yaml);
        return rejection(LOADER);
    }

    /** The rule that a request with these keys and values selects. */
    static @Nullable RuleMatch match(RuleTable table, String domain, String... keysAndValues) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            entries.add(Entry.newBuilder()
                    .setKey(keysAndValues[i])
                    .setValue(keysAndValues[i + 1])
                    .build());
        }
        return table.match(domain, entries);
    }
}
