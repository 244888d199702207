package io.flowhub.ephemeral.server.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written {@code 512KB}, {@code 30MB} or {@code 1GB}, with 1 KB = 1024 bytes as in Redis. */
public record DataSize(long bytes) {

    private static final Pattern SHAPE = Pattern.compile("(\\d{1,6})(KB|MB|GB)");

    static DataSize parse(String text) {
        Matcher matcher = SHAPE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(text + " (expected: a size such as 512KB, 30MB or 1GB)");
        }
        int shift = switch (matcher.group(2)) {
            case "KB" -> 10;
            case "MB" -> 20;
            default -> 30;
        };
        return new DataSize(Long.parseLong(matcher.group(1)) << shift);
    }

    @Override
    public String toString() {
        if (bytes % (1L << 30) == 0) {
            return (bytes >> 30) + "GB";
        }
        return bytes % (1L << 20) == 0 ? (bytes >> 20) + "MB" : (bytes >> 10) + "KB";
    }
}
