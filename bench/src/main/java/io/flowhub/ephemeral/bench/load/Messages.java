package io.flowhub.ephemeral.bench.load;

import java.util.SplittableRandom;

/** The messages of the calls, in the order in which they are sent. */
interface Messages {

    byte[] next();

    /** Each message with the same probability. The same seed gives the same order. */
    static Messages random(byte[][] messages, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return () -> messages[random.nextInt(messages.length)];
    }

    /** Each message once, in their order. */
    static Messages inOrder(byte[][] messages) {
        int[] next = {0};
        return () -> messages[next[0]++];
    }
}
