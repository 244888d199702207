package io.flowhub.ephemeral.server.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua operation, written for one call: the file defines {@code run(k, a, reply, n)}, where {@code KEYS[k]} and {@code
 * ARGV[a]} are the call's first key and argument, and {@code reply[n + 1]} is its first reply value, a number. The door
 * appends {@code lua/redis/batch.lua}, which runs many calls in one script call.
 */
public final class Script {

    private final String name;
    private final String source;
    private final String sha1;
    private final int replyValues;
    private final int maxCalls;
    private final int maxInFlight;
    private final boolean coalesced;

    /**
     * A script whose calls leave together. All calls have the same number of keys, arguments and reply values, and the
     * keys of one call share a slot.
     *
     * @param name the file below {@code lua/}, without its ending
     * @param replyValues how many values one call returns
     * @param libraries files whose local functions the script uses
     */
    public static Script batched(String name, int replyValues, String... libraries) {
        return new Script(name, sourceOf(name, libraries), replyValues, Integer.MAX_VALUE, Integer.MAX_VALUE, false);
    }

    /** A script that is called for one operation at a time, with any number of keys, arguments and reply values. */
    public static Script single(String name, String... libraries) {
        return new Script(name, sourceOf(name, libraries), 1, 1, Integer.MAX_VALUE, false);
    }

    /** The same, with at most so many calls in one script call: for calls so large that Redis feels what is on its way. */
    public Script atMost(int calls) {
        return new Script(name, source, replyValues, calls, maxInFlight, coalesced);
    }

    /** The same, but one script call at a time: calls take effect in the order in which they came. */
    public Script inOrder() {
        return new Script(name, source, replyValues, maxCalls, 1, coalesced);
    }

    /** The same, with at most so many script calls under way: for those so long that others shall come in between. */
    public Script inFlight(int scriptCalls) {
        return new Script(name, source, replyValues, maxCalls, scriptCalls, coalesced);
    }

    /**
     * The same, for calls that change nothing and have no arguments: of those that leave together and have the same keys,
     * one runs and answers all. So a key that many look at costs no more than another one, and nobody gets an answer from
     * before his call.
     */
    public Script coalesced() {
        return new Script(name, source, replyValues, maxCalls, maxInFlight, true);
    }

    private Script(String name, String source, int replyValues, int maxCalls, int maxInFlight, boolean coalesced) {
        this.name = name;
        this.source = source;
        this.sha1 = sha1(source);
        this.replyValues = replyValues;
        this.maxCalls = maxCalls;
        this.maxInFlight = maxInFlight;
        this.coalesced = coalesced;
    }

    String source() {
        return source;
    }

    /** Under this name Redis keeps the script. */
    String sha1() {
        return sha1;
    }

    int replyValues() {
        return replyValues;
    }

    boolean isBatched() {
        return maxCalls > 1;
    }

    /** How many script calls may be under way. */
    int maxInFlight() {
        return maxInFlight;
    }

    /** How many calls may leave as one script call. */
    int maxCalls() {
        return maxCalls;
    }

    /** Whether calls with the same keys need to run only once. */
    boolean isCoalesced() {
        return coalesced;
    }

    @Override
    public String toString() {
        return name;
    }

    private static String sourceOf(String name, String... libraries) {
        StringBuilder text = new StringBuilder();
        for (String library : libraries) {
            text.append(read(library));
        }
        return text.append(read(name)).append(read("redis/batch")).toString();
    }

    private static String read(String name) {
        String resource = "/lua/" + name + ".lua";
        try (InputStream in = Script.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException("no resource " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
