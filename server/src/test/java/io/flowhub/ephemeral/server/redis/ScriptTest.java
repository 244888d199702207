package io.flowhub.ephemeral.server.redis;

import static java.util.Collections.nCopies;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every Lua file of the server declares what it needs, and what a header declares is enforced. */
@Tag("unit")
class ScriptTest {

    private static final Pattern LOCAL =
            Pattern.compile("^ *local (?:function )?(\\w+(?:, *\\w+)*)", Pattern.MULTILINE);
    private static final Pattern TOP_LEVEL_LOCAL =
            Pattern.compile("^local (?:function )?(\\w+(?:, *\\w+)*)", Pattern.MULTILINE);
    private static final Pattern USE = Pattern.compile("(?<![.\\w])[A-Za-z_]\\w*");
    private static final Pattern COMMENT_OR_STRING = Pattern.compile("--.*|'[^'\n]*'");

    /** The driver is appended to every script. */
    private static final String DRIVER = "redis/lib/batch";

    private static final Set<String> BUILTINS = Set.of(("assert error getmetatable ipairs load loadstring math next"
                    + " pairs pcall rawget rawset redis select setmetatable string table tonumber tostring type unpack"
                    + " xpcall KEYS ARGV")
            .split(" "));

    static List<String> scripts() {
        return ScriptFiles.scripts();
    }

    static List<String> libraries() {
        return ScriptFiles.libraries();
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void scriptLoadsAndStatesItsKeysAndReply(String name) {
        Script script = Script.load(name);
        String text = ScriptFiles.text(name);
        assertThat(text).startsWith("-- ").contains("-- KEYS", "-- returns", "local function run(");
        assertThat(text.contains("-- ARGV"))
                .as("describes its arguments")
                .isEqualTo(!script.header().args().equals(new ScriptHeader.Size(0, false)));
        assertThat(script.source()).contains(ScriptFiles.text(DRIVER));
        assertThat(script.sha1()).hasSize(40);
    }

    @ParameterizedTest
    @MethodSource("libraries")
    void libraryDeclaresIncludesOnly(String name) {
        assertThat(ScriptFiles.text(name).lines().filter(line -> line.startsWith("-- @")))
                .allMatch(line -> line.startsWith("-- @include "));
        assertThat(ScriptFiles.text(name)).doesNotContain("function run(");
    }

    @ParameterizedTest
    @MethodSource({"scripts", "libraries"})
    void fileHidesNoBuiltinAndIncludesTheLibrariesWhoseNamesItUsesAndNoOthers(String name) {
        String code = code(name);
        assertThat(names(LOCAL, code)).doesNotContainAnyElementsOf(BUILTINS);
        if (name.equals(DRIVER)) {
            return;
        }
        Set<String> used = names(USE, code);
        used.removeAll(names(LOCAL, code));
        Map<String, String> libraryOf = libraryByName();
        libraryOf.keySet().retainAll(used);
        assertThat(ScriptHeader.includes(ScriptFiles.text(name)))
                .containsExactlyInAnyOrderElementsOf(Set.copyOf(libraryOf.values()));
    }

    @Test
    void includesAreResolvedOnceAndBeforeTheirUsers() {
        String source = Script.load("presence/disconnect").source();
        assertThat(source).containsOnlyOnce("local call = ").containsOnlyOnce("local function now(");
        assertThat(source.indexOf("local call = ")).isLessThan(source.indexOf("local function now("));
        assertThat(source.indexOf("local function now(")).isLessThan(source.indexOf("local function schedule_check("));
    }

    @ParameterizedTest
    @CsvSource({
        "redis/missing, no resource /lua/redis/missing.lua",
        "redis/cycle, cyclic include: redis/cycle -> redis/lib/cycle -> redis/cycle",
        "redis/lib/call, either @batched or @unbatched must be declared",
    })
    void scriptThatCannotBeComposedFailsToLoad(String name, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Script.load(name))
                .withMessage("script " + name + ": " + reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "@keys 1; @args 0; @returns 1 | either @batched or @unbatched must be declared",
                "@batched; @unbatched; @keys 1; @args 0; @returns 1 | either @batched or @unbatched must be declared",
                "@batched; @args 0; @returns 1 | @keys is not declared",
                "@batched; @keys 1; @returns 1 | @args is not declared",
                "@batched; @keys 1; @args 0 | @returns is not declared",
                "@batched; @keys 1; @keys 2; @args 0; @returns 1 | @keys is declared twice",
                "@batched; @keys 1; @args 0; @returns 1..n | @batched needs a fixed number of keys, args and returns",
                "@batched; @coalesced; @keys 1; @args 1; @returns 1 | @coalesced needs @batched and @args 0",
                "@batched; @coalesced; @values; @keys 2; @args 0; @returns 2 | @values needs @coalesced, @keys 1 and @returns 2 or more",
                "@batched; @coalesced; @values; @keys 1; @args 0; @returns 1 | @values needs @coalesced, @keys 1 and @returns 2 or more",
                "@batched; @values; @keys 1; @args 0; @returns 2 | @values needs @coalesced, @keys 1 and @returns 2 or more",
                "@batched; @keys 0; @args 1; @returns 1 | @keys and @returns must be at least 1",
                "@batched; @key 1 | not a declaration: -- @key 1",
            })
    void incompleteHeaderIsRejected(String header, String reason) {
        String text = "-- " + header.replace("; ", "\n-- ") + "\n";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ScriptHeader.parse(text))
                .withMessage(reason);
    }

    @Test
    void operationOfAnotherSizeThanTheHeaderIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operation("redis/pair", 1, 1))
                .withMessage("redis/pair: 1 keys and 1 args (expected: 2 and 1)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operation("ratelimit/check_all", 1, 1))
                .withMessage("ratelimit/check_all: 1 keys and 1 args (expected: 1..n and 2..n)");
        assertThat(operation("ratelimit/check_all", 3, 4).keys()).hasSize(3);
    }

    private static Operation<Long> operation(String script, int keys, int args) {
        return new Operation<>(
                Script.load(script), nCopies(keys, "key"), nCopies(args, "arg"), reply -> reply.number(0));
    }

    private static String code(String name) {
        return COMMENT_OR_STRING.matcher(ScriptFiles.text(name)).replaceAll("");
    }

    private static Map<String, String> libraryByName() {
        Map<String, String> libraryByName = new TreeMap<>();
        for (String library : ScriptFiles.libraries()) {
            if (!library.equals(DRIVER)) {
                for (String name : names(TOP_LEVEL_LOCAL, code(library))) {
                    assertThat(libraryByName.put(name, library))
                            .as("another library that defines " + name)
                            .isNull();
                }
            }
        }
        return libraryByName;
    }

    private static Set<String> names(Pattern pattern, String code) {
        return pattern.matcher(code)
                .results()
                .flatMap(found -> Stream.of(found.group(found.groupCount()).split(", *")))
                .collect(Collectors.toSet());
    }
}
