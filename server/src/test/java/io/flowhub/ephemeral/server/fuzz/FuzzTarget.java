package io.flowhub.ephemeral.server.fuzz;

import java.util.stream.Stream;

/** A part of the server that reads bytes of another party. */
public interface FuzzTarget {

    /** Inputs from which mutation starts: valid ones, and large ones. */
    Stream<byte[]> seeds();

    /** The most that reading one input may allocate. */
    default long maxAllocatedBytes() {
        return 32 << 20;
    }

    /** Reads one input. Throws anything exactly if the input has an effect that is not documented. */
    void read(byte[] input) throws Exception;
}
