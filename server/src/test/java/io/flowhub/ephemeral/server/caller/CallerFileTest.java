package io.flowhub.ephemeral.server.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
@Tag("quick")
class CallerFileTest {

    private static final String SHA256 = "0123456789abcdef".repeat(4);

    private final CallerFile reader = new CallerFile(new RightNames(List.of(CacheServiceGrpc.getServiceDescriptor())));

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {}                                            | lists no caller (expected: a caller by name
                    # a comment                                   | lists no caller
                    []                                            | a list (expected: a caller by name
                    a: text                                       | a: text (expected: {tokens
                    a: {may: [CacheService]}                      | a: needs tokens or certificates
                    anonymous: {tokens: [SHA], may: []}           | anonymous: has no tokens
                    a: {tokens: [s3cret]}                         | a: tokens: not a SHA-256 (expected: 64 hex digits
                    a: {tokens: [SHA, SHA, SHA]}                  | a: tokens: 3 (expected: at most 2)
                    a: {tokens: SHA}                              | a: tokens: not a list
                    a: {token: [SHA]}                             | a: unknown key token (did you mean tokens?)
                    a: {tokens: [SHA], may: [CacheServce]}        | a: may: CacheServce is no service or RPC of this server (did you mean CacheService?)
                    a: {tokens: [SHA], may: [CacheService/Get]}   | a: may: CacheService/Get is no service
                    a: {certificates: ['']}                       | a: certificates: '' (expected: text
                    a: {tokens: [SHA], id_prefixes: []}           | a: id_prefixes: empty (expected: at least one
                    a: {tokens: [SHA], id_prefixes: }             | a: id_prefixes: empty
                    a: {tokens: [SHA], streams: 0}                | a: streams: 0 (expected: 1 to 1000000)
                    a: {tokens: [SHA], buffered_bytes: 1KB}       | a: buffered_bytes: 1KB (expected: 64KB to 1GB)
                    default: {streams: 5}                         | lists no caller
                    default: {may: [CacheService]}                | default: unknown key may
                    {a: {tokens: [SHA]}, b: {tokens: [SHA]}}      | has a token that
                    {a: {certificates: [x]}, b: {certificates: [x]}} | has a certificate that
                    """)
    void mistakeIsNamedWithItsCallerAndWithoutTheToken(String yaml, String message) throws Exception {
        Path file = Files.writeString(folder.resolve("callers.yaml"), yaml.replace("SHA", SHA256));
        assertThatThrownBy(() -> reader.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageNotContainingAny("s3cret", SHA256);
    }

    @Test
    void emptyAndLargeFilesAreRejected() throws Exception {
        Path file = Files.writeString(folder.resolve("callers.yaml"), "");
        assertThatThrownBy(() -> reader.read(file)).hasMessageStartingWith("is empty");
        Files.writeString(file, "a: {tokens: [" + SHA256 + "]}\n#" + "x".repeat(1 << 20));
        assertThatThrownBy(() -> reader.read(file)).hasMessageContaining("at most 1 MiB");
    }

    @Test
    void rightToAServiceIncludesItsMethodsAndARightToAMethodNoOther() throws Exception {
        Path file = Files.writeString(folder.resolve("callers.yaml"), """
                a: {certificates: ["spiffe://flowhub.io/a"], may: [CacheService]}
                b: {certificates: [b.flowhub.io], may: [CacheService/GetCachedUser]}
                """);
        Callers callers = reader.read(file);
        assertThat(methods(callers, "spiffe://flowhub.io/a"))
                .hasSameSizeAs(CacheServiceGrpc.getServiceDescriptor().getMethods());
        assertThat(methods(callers, "b.flowhub.io"))
                .containsExactly(CacheServiceGrpc.getGetCachedUserMethod().getFullMethodName());
    }

    @Test
    void quotaOfACallerReplacesTheOneOfAllCallers() throws Exception {
        Path file = Files.writeString(folder.resolve("callers.yaml"), """
                default: {streams: 5, calls_per_second: 10}
                a: {certificates: [a], streams: 7, buffered_bytes: 1MB}
                anonymous: {may: []}
                """);
        Callers callers = reader.read(file);
        assertThat(Objects.requireNonNull(callers.byCertificate().get("a"))
                        .quotas()
                        .limits())
                .isEqualTo(Map.of(Quota.STREAMS, 7L, Quota.CALLS_PER_SECOND, 10L, Quota.BUFFERED_BYTES, 1L << 20));
        assertThat(Objects.requireNonNull(callers.anonymous()).quotas().limits())
                .isEqualTo(Map.of(Quota.STREAMS, 5L, Quota.CALLS_PER_SECOND, 10L));
    }

    private static Set<String> methods(Callers callers, String certificate) {
        return Objects.requireNonNull(callers.byCertificate().get(certificate)).methods();
    }
}
