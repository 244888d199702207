package io.flowhub.ephemeral.server.config;

/** What is wrong with a YAML document, and in which line. */
public final class YamlProblem extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    private final String problem;
    private final int line;

    /** @param line counted from 1 */
    public YamlProblem(String problem, int line) {
        super(problem + ", line " + line);
        this.problem = problem;
        this.line = line;
    }

    YamlProblem(String problem, int line, int column) {
        super(problem + ", line " + line + ", column " + column);
        this.problem = problem;
        this.line = line;
    }

    /** Without the position. */
    public String problem() {
        return problem;
    }

    public int line() {
        return line;
    }
}
