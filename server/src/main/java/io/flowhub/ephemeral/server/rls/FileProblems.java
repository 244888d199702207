package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.YamlProblem;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The problems of one file, each with its line. */
final class FileProblems implements Consumer<YamlProblem> {

    /** A mistake in an anchor is one in each rule that uses it. */
    private static final int MAX_PROBLEMS = 20;

    private final Path file;
    private final Problems all;
    private int found;

    FileProblems(Path file, Problems all) {
        this.file = file;
        this.all = all;
    }

    @Override
    public void accept(YamlProblem problem) {
        found++;
        if (found <= MAX_PROBLEMS) {
            all.add(file + ":" + problem.line() + ": " + problem.problem());
        } else if (found == MAX_PROBLEMS + 1) {
            all.add(file + ": has more problems");
        }
    }
}
