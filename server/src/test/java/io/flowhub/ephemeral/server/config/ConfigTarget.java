package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import io.flowhub.ephemeral.server.fuzz.InputFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The configuration: a byte that selects the setting whose variable has the rest as its value; beyond the settings, the
 * rest is the file, or the value of an option.
 */
public final class ConfigTarget implements FuzzTarget {

    private final List<Setting<?>> settings = List.copyOf(Features.settings().settings());
    private final Path file = InputFile.create("config.yaml");

    @Override
    public Stream<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (Setting<?> setting : settings) {
            seeds.add(input(settings.indexOf(setting), setting.defaultText()));
            seeds.add(input(settings.size(), setting.name() + ": '" + setting.defaultText() + "'\n"));
        }
        for (String url : List.of(
                "redis://user:p%40ss@host:6379/3",
                "rediss://[::1]:1,rediss://b",
                "redis://a,redis://b:70000",
                "redis://:" + "@".repeat(4_000),
                "rediss://" + "/@".repeat(4_000))) {
            seeds.add(input(settings.size() + 1, url));
        }
        for (String policies : List.of(
                "!!int ''",
                "!!float x",
                "!!timestamp 2001-13-01",
                "!!binary '!'",
                "!!set {a, b}",
                "!!omap [1]",
                "!!pairs [[]]",
                "{!!int x: {limit: 1, window: 1s}}",
                "{login: {limit: 5, window: 60s, algorithm: token_bucket}, '*': {limit: 1, window: 250ms}}",
                "{a: &x {limit: 1, window: 1s}, b: *x, c: {<<: *x, limit: 2}}")) {
            seeds.add(input(settings.size(), "rate_limit:\n  policies: " + policies + "\n"));
        }
        for (String part : List.of("[", "{", "- ", "a: ", "&a ", "? ", "!!x ", "\"\\", "'", "#", "a\n", "\t", "<<: ")) {
            seeds.add(input(settings.size(), part.repeat(4_000)));
            seeds.add(input(settings.size(), part.repeat((1 << 20) / part.length())));
        }
        seeds.add(input(settings.size(), "a: &a [*a, *a]\n? *a\n: *a\n"));
        seeds.add(input(settings.size(), "rate_limit.policies: &a {x: *a}\n"));
        seeds.add(input(settings.size(), "a: &a [[*a]]\nb: {? *a : 1}\n"));
        seeds.add(input(settings.size(), "a: &a {<<: *a}\n"));
        seeds.add(input(settings.size(), laughs()));
        return seeds.stream();
    }

    /** Each line has the one before ten times. */
    private static String laughs() {
        StringBuilder yaml = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 9; i++) {
            yaml.append("a%d: &a%d [%s*a%d]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(4), i - 1));
        }
        return yaml.append("? *a8\n: 1\n").toString();
    }

    private static byte[] input(int selector, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        byte[] input = new byte[1 + text.length];
        input[0] = (byte) selector;
        System.arraycopy(text, 0, input, 1, text.length);
        return input;
    }

    /** SnakeYAML copies a long token once more for each KB of it. The file is the operator's, and of 1 MiB at most. */
    @Override
    public long maxAllocatedBytes() {
        return 4L << 30;
    }

    @Override
    public void read(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        int selector = (input[0] & 0xff) % (settings.size() + 3);
        byte[] value = Arrays.copyOfRange(input, 1, input.length);
        String text = new String(value, StandardCharsets.UTF_8);
        if (selector < settings.size()) {
            load(Map.of(), Map.of(settings.get(selector).env(), text), null);
        } else if (selector == settings.size()) {
            Files.write(file, value);
            load(Map.of(), Map.of(), file);
        } else {
            load(Map.of(selector == settings.size() + 1 ? "--redis" : "--port", text), Map.of(), null);
        }
    }

    /** What is accepted can be printed, and what is printed is a configuration. */
    private void load(Map<String, String> options, Map<String, String> env, @Nullable Path from) throws Exception {
        Configuration accepted;
        try {
            accepted = Configuration.load(Features.settings(), options, env, from);
        } catch (ConfigException e) {
            return;
        }
        String printed = accepted.describe();
        if (!printed.contains("redacted") && !printed.contains("left out")) {
            Files.writeString(file, printed);
            String again = Configuration.load(Features.settings(), Map.of(), Map.of(), file)
                    .describe();
            if (!withoutOrigins(again).equals(withoutOrigins(printed))) {
                throw new AssertionError("printed:\n" + printed + "\nread back:\n" + again);
            }
        }
    }

    private static String withoutOrigins(String printed) {
        return printed.replaceAll("(?m)  # .*$", "");
    }
}
