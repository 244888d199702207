package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.server.config.IdRule;

/** Checks the ids of a request. */
public final class Ids {

    /**
     * Returns the id if it follows {@link IdRule}.
     *
     * @param field the field's name in the request, for the error
     * @throws InvalidFieldException otherwise
     */
    public static String check(String field, String id) {
        String problem = IdRule.brokenBy(id);
        if (problem != null) {
            throw new InvalidFieldException(field, id, problem);
        }
        return id;
    }

    private Ids() {}
}
