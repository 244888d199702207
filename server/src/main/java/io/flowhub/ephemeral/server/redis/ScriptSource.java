package io.flowhub.ephemeral.server.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A script with the libraries that it includes: each once, after those that it includes itself.
 *
 * @param text what is sent to Redis
 */
record ScriptSource(String name, String text, ScriptHeader header) {

    /** Runs the calls of a batch; needs the function {@code run} of the script. */
    private static final String DRIVER = "redis/lib/batch";

    static ScriptSource load(String name) {
        try {
            Map<String, String> files = new LinkedHashMap<>();
            collect(name, files, new LinkedHashSet<>());
            ScriptHeader header = ScriptHeader.parse(read(name));
            return new ScriptSource(name, String.join("\n", files.values()) + "\n" + read(DRIVER), header);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("script " + name + ": " + e.getMessage(), e);
        }
    }

    /** @param open the files whose includes are being resolved, the outermost first */
    private static void collect(String name, Map<String, String> files, Set<String> open) {
        if (files.containsKey(name)) {
            return;
        }
        if (!open.add(name)) {
            throw new IllegalArgumentException("cyclic include: " + String.join(" -> ", open) + " -> " + name);
        }
        String text = read(name);
        for (String included : ScriptHeader.includes(text)) {
            collect(included, files, open);
        }
        open.remove(name);
        files.put(name, text);
    }

    ScriptSource in(Namespace namespace) {
        return new ScriptSource(name, namespace.applyTo(text), header);
    }

    private static String read(String name) {
        String resource = "/lua/" + name + ".lua";
        try (InputStream in = ScriptSource.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException("no resource " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
