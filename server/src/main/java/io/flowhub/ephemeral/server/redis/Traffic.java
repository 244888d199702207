package io.flowhub.ephemeral.server.redis;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the script calls show about Redis, so that no command is sent to find out. Counted where they are sent, observed by
 * the health check.
 */
final class Traffic {

    /** What the calls since the previous observation show. */
    enum Sign {
        /** A reply arrived, whatever its content. */
        REPLIES,

        /** A call failed without a reply, or has waited for longer than a round trip, and no reply arrived. */
        SILENCE,

        /** There were no calls. */
        NOTHING
    }

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong replied = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    /** Failures and doubts. */
    private final AtomicLong troubles = new AtomicLong();

    private volatile boolean doubt;
    private volatile boolean replica;

    /** Confined to the observer. */
    private long sentBefore;

    private long repliedBefore;
    private long failedBefore;
    private int waitingObservations;

    void onSent() {
        sent.incrementAndGet();
    }

    void onReply() {
        replied.incrementAndGet();
    }

    /** How many replies have arrived. */
    long replies() {
        return replied.get();
    }

    /** A script call ended without a reply. */
    void onFailure() {
        failed.incrementAndGet();
        troubles.incrementAndGet();
    }

    /** A connection was lost, or an error reply puts into question that Redis accepts writes. */
    void onDoubt() {
        doubt = true;
        troubles.incrementAndGet();
    }

    /** A connection leads to a replica. */
    void onReplica() {
        replica = true;
    }

    /** How often a call ended without a reply, a connection was lost, or an error reply questioned writes. */
    long troubles() {
        return troubles.get();
    }

    boolean inDoubt() {
        return doubt;
    }

    void clearDoubt() {
        doubt = false;
    }

    /** Whether a connection was found to lead to a replica since the last call of this method. */
    boolean takeReplica() {
        boolean found = replica;
        replica = false;
        return found;
    }

    /** @param patience the observations at which calls may have waited until that is silence, at least 1 */
    Sign observe(int patience) {
        long repliedNow = replied.get();
        long failedNow = failed.get();
        boolean replies = repliedNow != repliedBefore;
        waitingObservations = !replies && repliedNow + failedNow < sentBefore ? waitingObservations + 1 : 0;
        boolean silence = failedNow != failedBefore || waitingObservations >= patience;
        repliedBefore = repliedNow;
        failedBefore = failedNow;
        sentBefore = sent.get();
        if (replies) {
            return Sign.REPLIES;
        }
        return silence ? Sign.SILENCE : Sign.NOTHING;
    }
}
