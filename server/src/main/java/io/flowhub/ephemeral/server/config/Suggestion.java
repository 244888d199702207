package io.flowhub.ephemeral.server.config;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the known name that a misspelt name probably stands for. */
public final class Suggestion {

    public static String closest(String written, Collection<String> known) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        return known.stream()
                .min(Comparator.<String, Integer>comparing(name -> distance.apply(written, name))
                        .thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    private Suggestion() {}
}
