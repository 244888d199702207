package io.flowhub.ephemeral.bench.load;

import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/**
 * The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: codes of one length are consecutive numbers in the
 * order of their symbols, so the lengths define it.
 */
final class Huffman {

    /** The length of the code of each byte, and of the end of a string: {@code a} is 5 bits, {@code z} is 30. */
    private static final String LENGTHS = "isxxxxxxxtzxxzxxxxxxxxzxxxxxxxxxbffhibdgffdgdbbbaaabbbbbbbcdkbhfib"
            + "ccccccccccccccccccccccdcdioijbkabababbbaccbbbabcbaabccccckgjixprpprrrsrssssststtrstssssqrsrsstrqprr"
            + "ssqsrrtqrssqqrqsrssprrrsrrsvvporsruvvvwwvtuoqvwwvwtqqvvxwwwptpqrqqsrruuttvsvwvvwwwwwxwwwwwvz";

    private static final int MAX_LENGTH = 30;
    private static final int[] FIRST_CODES = new int[MAX_LENGTH + 1];
    private static final int[][] SYMBOLS = new int[MAX_LENGTH + 1][];

    static {
        int code = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            char letter = (char) ('a' + length - 5);
            SYMBOLS[length] = IntStream.range(0, LENGTHS.length())
                    .filter(symbol -> LENGTHS.charAt(symbol) == letter)
                    .toArray();
            FIRST_CODES[length] = code;
            code = (code + SYMBOLS[length].length) << 1;
        }
    }

    private Huffman() {}

    /** Decodes the bytes from one position of the buffer to another. Padding of the last byte has no symbol. */
    static String decode(ByteBuffer in, int from, int to) {
        StringBuilder text = new StringBuilder();
        int code = 0;
        int length = 0;
        for (int bit = from * 8; bit < to * 8; bit++) {
            code = (code << 1) | ((in.get(bit >> 3) >> (7 - (bit & 7))) & 1);
            length++;
            if (length > MAX_LENGTH) {
                throw new IllegalStateException("a Huffman code of more than 30 bits");
            }
            int symbol = code - FIRST_CODES[length];
            if (symbol < SYMBOLS[length].length) {
                text.append((char) SYMBOLS[length][symbol]);
                code = 0;
                length = 0;
            }
        }
        return text.toString();
    }
}
