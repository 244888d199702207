package io.flowhub.ephemeral.server.broadcast;

/**
 * Numbers of another server that did not arrive here.
 *
 * @param count of those that were not counted before
 * @param isUnreported whether the streams do not know yet that messages may be missing
 */
record Missing(long count, boolean isUnreported) {

    static final Missing NONE = new Missing(0, false);
}
