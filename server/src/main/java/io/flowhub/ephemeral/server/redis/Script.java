package io.flowhub.ephemeral.server.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua operation: the file {@code lua/<feature>/<operation>.lua}. It defines {@code run(k, a, reply, n)} for one call, where
 * {@code KEYS[k]} and {@code ARGV[a]} are the call's first key and argument, and {@code reply[n + 1]} is its first reply
 * value, a number. {@code lua/redis/lib/batch.lua}, which runs many calls in one script call, is appended.
 *
 * <p>The header of the file declares, one line each:
 *
 * <pre>{@code
 * -- @batched                  queued calls leave together, as one script call; or
 * -- @unbatched                one call per script call
 * -- @coalesced                of the calls in one batch with the same keys, one runs and its reply completes all of them;
 *                              only for calls without arguments that change nothing
 * -- @sequential               one script call in flight: calls take effect in the order in which they were made
 * -- @lean                     stores nothing, so the memory of Redis need not be read after a call
 * -- @values                   the last value of a call is the text of its key. If a script call has several calls, MGET reads
 *                              these texts beside it, in no particular order: Lua hashes each byte of a text
 * -- @include redis/lib/now    a library that defines local functions; includes of a library are resolved too
 * -- @keys 2                   keys of one call, all in one slot
 * -- @args 1                   arguments of one call
 * -- @returns 3                values that one call returns
 * }</pre>
 *
 * An unbatched script may have a variable number of each: {@code 1..n} is 1 or more.
 */
public final class Script {

    private final ScriptSource source;
    private final String sha1;
    private final int maxBatch;
    private final int maxInFlight;

    /**
     * Reads a script and the libraries that it includes.
     *
     * @param name the file below {@code lua/}, without its extension: {@code otp/verify_otp}
     * @throws IllegalArgumentException if the file or a library is missing, or its header is incomplete
     */
    public static Script load(String name) {
        ScriptSource source = ScriptSource.load(name);
        ScriptHeader header = source.header();
        return new Script(
                source,
                sha1(source.text()),
                header.batched() ? Integer.MAX_VALUE : 1,
                header.sequential() ? 1 : Integer.MAX_VALUE);
    }

    private Script(ScriptSource source, String sha1, int maxBatch, int maxInFlight) {
        this.source = source;
        this.sha1 = sha1;
        this.maxBatch = maxBatch;
        this.maxInFlight = maxInFlight;
    }

    /** The same script with at most this many calls in one batch: for calls so large that a full batch strains Redis. */
    public Script maxBatch(int calls) {
        return new Script(source, sha1, calls, maxInFlight);
    }

    /** The same script with at most this many script calls in flight: for long ones, so that others run in between. */
    public Script maxInFlight(int scriptCalls) {
        return new Script(source, sha1, maxBatch, scriptCalls);
    }

    /** The same script, for the keys and channels of the namespace. */
    Script in(Namespace namespace) {
        ScriptSource changed = source.in(namespace);
        return new Script(changed, sha1(changed.text()), maxBatch, maxInFlight);
    }

    String source() {
        return source.text();
    }

    /** The digest by which Redis finds the script. */
    String sha1() {
        return sha1;
    }

    ScriptHeader header() {
        return source.header();
    }

    int maxBatch() {
        return maxBatch;
    }

    int maxInFlight() {
        return maxInFlight;
    }

    @Override
    public String toString() {
        return source.name();
    }

    private static String sha1(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
