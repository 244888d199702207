package io.flowhub.ephemeral.server.budget;

/**
 * What one kind of key has.
 *
 * @param keysError the true number is within {@code keys} ± this, with 95 % confidence
 * @param bytesError likewise
 */
record KindEstimate(String kind, long keys, long bytes, long keysError, long bytesError) {}
