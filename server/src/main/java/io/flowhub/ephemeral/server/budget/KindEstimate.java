package io.flowhub.ephemeral.server.budget;

/**
 * The estimated keys and bytes of one kind.
 *
 * @param keysError half the width of the 95 % confidence interval of {@code keys}
 * @param bytesError likewise for {@code bytes}
 */
record KindEstimate(String kind, long keys, long bytes, long keysError, long bytesError) {}
