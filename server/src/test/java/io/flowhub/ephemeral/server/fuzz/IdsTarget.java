package io.flowhub.ephemeral.server.fuzz;

import io.flowhub.ephemeral.server.config.IdRule;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Ids, as UTF-16 with unpaired surrogates too, against the rule in another form. */
final class IdsTarget implements FuzzTarget {

    private static final Pattern FORBIDDEN = Pattern.compile("[:{}\\p{Cc}\\p{Cf}\\p{Cs}\\p{Z}]");

    @Override
    public Stream<byte[]> seeds() {
        return Stream.of("user-42", "a:b", "{a}", "\u00fc".repeat(64), "\u65e5\u672c", "\ud83d\ude00", "\u200b", "a b")
                .map(id -> id.getBytes(StandardCharsets.UTF_16BE));
    }

    @Override
    public void read(byte[] input) {
        StringBuilder chars = new StringBuilder();
        for (int i = 0; i + 1 < input.length; i += 2) {
            chars.append((char) ((input[i] & 0xff) << 8 | (input[i + 1] & 0xff)));
        }
        String id = chars.toString();
        int bytes = id.getBytes(StandardCharsets.UTF_8).length;
        boolean expected = bytes >= 1 && bytes <= 128 && !FORBIDDEN.matcher(id).find();
        boolean valid = IdRule.violationOf(id) == null;
        if (valid != expected) {
            throw new AssertionError("valid: " + valid + " (expected: " + expected + ")");
        }
        require(valid, () -> IdValidator.check("user_id", id));
        require(valid, () -> IdValidator.checkList("user_ids", List.of("a", id), 2, "ids"));
    }

    private static void require(boolean valid, Runnable check) {
        try {
            check.run();
        } catch (InvalidFieldException e) {
            if (!valid && e.getMessage().length() < 1_000) {
                return;
            }
            throw e;
        }
        if (!valid) {
            throw new AssertionError("an invalid id was accepted");
        }
    }
}
