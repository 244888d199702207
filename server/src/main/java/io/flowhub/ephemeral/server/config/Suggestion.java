package io.flowhub.ephemeral.server.config;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the known name that a misspelt name probably stands for. */
public final class Suggestion {

    /** More than any known name has. The cost of a comparison grows with the length. */
    private static final int MAX_COMPARED = 200;

    public static String closest(String written, Collection<String> known) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        String compared = written.substring(0, Math.min(written.length(), MAX_COMPARED));
        return known.stream()
                .min(Comparator.<String, Integer>comparing(name -> distance.apply(compared, name))
                        .thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    private Suggestion() {}
}
